/**
 * Receiving through node-datachannel, in Node: the messages in the H.264 of a WebRTC peer. Use this entry point if the
 * process uses node-datachannel (libdatachannel) for WebRTC, for its speed with many peers for instance.
 *
 * @module
 */
export { type NodeDataChannelFeedOptions, nodeDataChannelFeed } from "./node-data-channel-feed.ts";
