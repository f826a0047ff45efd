/**
 * WHIP and WHEP for web pages: publishes to a stage, or plays from it, with the page's own `RTCPeerConnection`. In Node
 * use `@inband/stage/client`.
 *
 * @module
 */
export { connectWhep, connectWhip, type WhipOptions, type WhipSession } from "./whip.ts";
export { WhipError } from "./whip-error.ts";
