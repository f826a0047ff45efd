/// <reference lib="esnext.disposable" preserve="true" />
import type { StageParticipant } from "./stage-participant.ts";

/** Events of a stage that was joined. */
export interface StageMembershipEvents {
  joined: [participant: StageParticipant];
  updated: [participant: StageParticipant];
  left: [participant: StageParticipant];
  /** Something is connected again: the events socket, the video that is published, or that of a participant. */
  connected: [what: StageConnectionName];
  /** It was lost, or an attempt to connect has failed; the next one follows. */
  reconnecting: [error: Error, what: StageConnectionName];
  /**
   * The stage does not let this participant receive that one, and would not at another attempt; the stay goes on without
   * it. The next attempt follows when that participant publishes again. Where nobody listens, it is one `console.warn`.
   */
  refused: [error: Error, what: StageConnectionName];
}

/** What is connected: `subscribe` with the participant. */
export type StageConnectionName = "events" | "publish" | `subscribe ${string}`;

/** A place on a stage that is kept until it is left. */
export interface StageMembership extends AsyncDisposable {
  readonly participantId: string;
  /** Everybody who is on the stage, oneself included. */
  participants(): readonly StageParticipant[];
  /** Resolves when the stay is over: to nothing after `leave`, to the error that ended it otherwise. Never rejects. */
  readonly ended: Promise<Error | undefined>;
  on<Name extends keyof StageMembershipEvents>(
    name: Name,
    listener: (...args: StageMembershipEvents[Name]) => void,
  ): void;
  off<Name extends keyof StageMembershipEvents>(
    name: Name,
    listener: (...args: StageMembershipEvents[Name]) => void,
  ): void;
  /**
   * Goes on with another token of the same participant.
   *
   * @throws RemoteError where the stage does not take it, Error while the events socket is not connected.
   */
  exchangeToken(token: string): Promise<void>;
  /** Leaves the stage. Idempotent; never rejects. */
  leave(): Promise<void>;
}
