/**
 * Joins a stage, or any WHIP or WHEP server, with a werift peer connection. Use this entry point in Node; pages join by
 * `@inband/browser/whip`.
 *
 * @module
 */
export {
  RemoteError,
  RemovedError,
  type StageConnectionName,
  type StageEndpoints,
  type StageMembership,
  type StageMembershipEvents,
  type StageParticipant,
  stageEndpoints,
  TokenError,
  type TokenErrorCode,
} from "@inband/stage-protocol";
export { ConnectError } from "@inband/werift";
export { connectWhep, connectWhip } from "./connect.ts";
export type { ConnectOptions } from "./connect-options.ts";
export { joinStage } from "./join-stage.ts";
export type { JoinStageOptions } from "./join-stage-options.ts";
export {
  type MediaConnection,
  type MediaConnectOptions,
  type MessageReceiver,
  type PublishedMedia,
  publishVideo,
  receiveMessages,
} from "./media-connections.ts";
export type { OfferingPeer } from "./offering-peer.ts";
export type { StageSession } from "./stage-session.ts";
