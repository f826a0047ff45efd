/**
 * What the clients of a stage share, whatever they run on: the claims of tokens, refusals as errors, the events socket,
 * and a membership that connects again what it loses. Applications take `joinStage` of `@inband/stage/client` in Node, or
 * of `@inband/browser/whip` in pages; use this entry point to make one for another kind of peer connection.
 *
 * @module
 */
export type { EventsSocket } from "./events-connection.ts";
export { joinWith } from "./join-with.ts";
export { type Connection, KeptConnection, type KeptConnectionOwner } from "./kept-connection.ts";
export { type ParticipantChanges, participantChanges } from "./participant-changes.ts";
export { followedUrl, maxRedirects, stageUrl } from "./redirect.ts";
export { isFinalRefusal, refusal } from "./refusal.ts";
export { RemoteError } from "./remote-error.ts";
export { RemovedError } from "./removed-error.ts";
export type { StageConnectionName, StageMembership, StageMembershipEvents } from "./stage-membership.ts";
export type { StageParticipant } from "./stage-participant.ts";
export type { MembershipOptions, StagePlatform, StageTarget } from "./stage-platform.ts";
export { checkToken, readClaims, type StageEndpoints, stageEndpoints } from "./token-claims.ts";
export { isTokenErrorCode, TokenError, type TokenErrorCode } from "./token-error.ts";
