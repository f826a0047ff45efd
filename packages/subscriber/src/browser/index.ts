/**
 * The entry point for web pages that play video over WebRTC: messages are read from the encoded frames in a worker, so that
 * neither a busy page delays the video nor a broken message stops it. In Node use `@inband/subscriber/werift`.
 *
 * @module
 */
export { type BrowserFeedOptions, browserFeed } from "./browser-feed.ts";
export { BrowserFeedError, type BrowserFeedErrorCode } from "./browser-feed-error.ts";
