/**
 * Receiving through werift, in Node: the messages in the H.264 of a WebRTC peer. Pick this door where a Node process is
 * the peer.
 *
 * @module
 */
export { weriftFeed } from "./werift-feed.ts";
