/**
 * For web pages that send video over WebRTC: messages are put into the encoded frames in a worker, so that a busy page
 * delays neither. In Node use `@inband/publisher/werift`.
 *
 * @module
 */
export { NoH264Error, type NoH264Reason } from "../stream/no-h264-error.ts";
export { type BrowserCarrierOptions, browserCarrier } from "./browser-carrier.ts";
export { BrowserCarrierError, type BrowserCarrierErrorCode } from "./browser-carrier-error.ts";
export { type Insertion, insertInto } from "./insert-into.ts";
