/**
 * Messages inside the H.264 of web pages, both ways: they are written into the encoded frames of a sender, and read from
 * those of a receiver, in one worker, so that a busy page delays neither video nor messages. In Node use
 * `@inband/werift` or `@inband/node-datachannel`.
 *
 * @module
 */
export { NoH264Error, type NoH264Reason } from "@inband/stream";
export { type BrowserCarrierOptions, browserCarrier } from "./browser-carrier.ts";
export { BrowserCarrierError, type BrowserCarrierErrorCode } from "./browser-carrier-error.ts";
export { type BrowserFeedOptions, browserFeed } from "./browser-feed.ts";
export { BrowserFeedError, type BrowserFeedErrorCode } from "./browser-feed-error.ts";
export { type Insertion, insertInto } from "./insert-into.ts";
export { preferH264 } from "./prefer-h264.ts";
