/**
 * Joins a stage, or any WHIP or WHEP server, with a werift peer connection. Use this entry point in Node; browsers join with
 * their own `RTCPeerConnection` and `fetch`.
 *
 * @module
 */
export { ConnectError } from "@inband/werift";
export { TokenError, type TokenErrorCode } from "../token-error.ts";
export { connectWhep, connectWhip } from "./connect.ts";
export type { ConnectOptions } from "./connect-options.ts";
export { type StageEndpoints, stageEndpoints } from "./endpoints.ts";
export type { StageParticipant } from "./events-connection.ts";
export { joinStage } from "./join-stage.ts";
export type { JoinStageOptions } from "./join-stage-options.ts";
export type { StageConnectionName, StageMembership, StageMembershipEvents } from "./joined-stage.ts";
export type { MessageReceiver } from "./media-connections.ts";
export { RemoteError } from "./remote-error.ts";
export { RemovedError } from "./removed-error.ts";
export type { StageSession } from "./stage-session.ts";
