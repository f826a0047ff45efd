/**
 * A local real-time stage: participants publish by WHIP with a signed token, others receive them by WHEP. Pick this door
 * for development, tests and small deployments; video and sound pass through it byte for byte.
 *
 * @module
 */
export { TokenError, type TokenErrorCode } from "../token-error.ts";
export { type ServedStage, type ServeOptions, serveStage } from "./serve.ts";
export { createStage, maxOfferBytes, type Participant, type Stage, type StageOptions } from "./stage.ts";
export { type Capabilities, defaultTokenSeconds, type TokenOptions } from "./token.ts";
