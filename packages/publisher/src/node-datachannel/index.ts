/**
 * Publishing through node-datachannel, in Node: an H.264 stream with messages inside over a track of libdatachannel. Use
 * this entry point where the process uses node-datachannel for WebRTC: it spends a quarter of werift's time on a packet.
 *
 * @module
 */
export type { ConnectEncoderOptions, SteeredEncoder } from "../stream/steered-encoders.ts";
export {
  NodeDataChannelCarrier,
  type NodeDataChannelCarrierOptions,
  nodeDataChannelCarrier,
} from "./node-data-channel-carrier.ts";
