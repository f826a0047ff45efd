/**
 * Receiving through werift, in Node: the messages in the H.264 of a WebRTC peer. Use this entry point if a Node process
 * is the peer.
 *
 * @module
 */
export { requestKeyFrame } from "./request-key-frame.ts";
export { type WeriftFeedOptions, weriftFeed } from "./werift-feed.ts";
