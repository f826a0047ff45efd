/**
 * A local real-time stage: participants publish by WHIP with a signed token, others receive them by WHEP. Use this entry
 * point for development, tests and small deployments; video and sound pass through it byte for byte.
 *
 * @module
 */
export { TokenError, type TokenErrorCode } from "@inband/stage-protocol";
export { type ServedStage, serveStage } from "./http/serve.ts";
export type { ServeOptions } from "./http/serve-options.ts";
export type { Participant } from "./sessions/participant.ts";
export { createStage, type Stage } from "./stage.ts";
export { maxOfferBytes, type StageLogger, type StageOptions } from "./stage-options.ts";
export { defaultTokenSeconds } from "./token.ts";
export type { Capabilities, TokenOptions } from "./token-options.ts";
