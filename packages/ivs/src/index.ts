/**
 * Messages through the Amazon IVS Web Broadcast SDK, both ways, in applications that join a stage with it: in and out by
 * its own API, so that nothing else of the application changes. Without that SDK use `browser` or `stage/client`.
 *
 * @module
 */
export { type IvsCarrierOptions, ivsCarrier, ivsCarrierLimits } from "./ivs-carrier.ts";
export { IvsCarrierError, type IvsCarrierErrorCode } from "./ivs-carrier-error.ts";
export { type IvsFeedOptions, ivsFeed } from "./ivs-feed.ts";
export type { IvsLocalStream } from "./local-stream.ts";
export type { IvsStage } from "./stage.ts";
