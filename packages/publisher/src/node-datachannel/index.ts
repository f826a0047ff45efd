/**
 * Publishing through node-datachannel, in Node: an H.264 stream with messages inside over a track of libdatachannel. Pick
 * this door where the process uses node-datachannel for WebRTC: it spends a quarter of werift's time on a packet.
 *
 * @module
 */
export type { ConnectEncoderOptions, SteeredEncoder } from "../steered-encoders.ts";
export {
  NodeDataChannelCarrier,
  type NodeDataChannelCarrierOptions,
  type NodeDataChannelCarrierStats,
  nodeDataChannelCarrier,
} from "./node-data-channel-carrier.ts";
