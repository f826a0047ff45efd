/**
 * WHIP and WHEP for web pages: `joinStage` stays on a stage, publishes and receives everybody; `connectWhip` and
 * `connectWhep` make one connection with any server. In Node use `@inband/stage/client`.
 *
 * @module
 */
export {
  RemoteError,
  RemovedError,
  type StageConnectionName,
  type StageMembership,
  type StageMembershipEvents,
  type StageParticipant,
  TokenError,
  type TokenErrorCode,
} from "@inband/stage-protocol";
export { NoH264Error } from "@inband/stream";
export { joinStage, type PageMembership } from "./join-stage.ts";
export type {
  JoinStageOptions,
  MessageReceiver,
  MessageSender,
  PresentingAttachment,
  StagePublication,
  StageTrack,
} from "./join-stage-options.ts";
export { connectWhep, connectWhip } from "./whip.ts";
export { WhipError } from "./whip-error.ts";
export type { WhipOptions } from "./whip-options.ts";
export type { WhipSession } from "./whip-session.ts";
