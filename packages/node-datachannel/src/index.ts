/**
 * Messages inside H.264 over node-datachannel (libdatachannel), both ways, in Node. Use it where the process uses
 * node-datachannel for WebRTC: it spends a third of werift's time on a packet.
 *
 * @module
 */
export {
  NodeDataChannelCarrier,
  type NodeDataChannelCarrierOptions,
  nodeDataChannelCarrier,
} from "./node-data-channel-carrier.ts";
export { type NodeDataChannelFeedOptions, nodeDataChannelFeed } from "./node-data-channel-feed.ts";
export { NodeDataChannelPeer, NodeDataChannelPeerError, nodeDataChannelPeer } from "./node-data-channel-peer.ts";
