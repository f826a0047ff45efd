import type { Tally } from "./tally.ts";

/** The stage between them. */
export interface StageAccess {
  readonly url: string;
  token(participantId: string): Promise<string>;
}

/** A peer that publishes. */
export interface Sender {
  readonly name: string;
  /** Undefined for what has none of its own: it is as new as this repository, in the browser that is named with the run. */
  readonly version: string | undefined;
  /** Whether its messages are posted to the stage, in envelopes of inband: the Amazon IVS SDK reads none. */
  readonly isPosted?: boolean;
  /** Resolves when its media is on its way. */
  start(stage: StageAccess, participantId: string): Promise<RunningSender>;
}

export interface RunningSender {
  /** Sends a message on one of the next frames, under the UUID of Amazon IVS. */
  send(payload: Uint8Array<ArrayBuffer>): Promise<void> | void;
  close(): Promise<void>;
}

/** A peer that receives. */
export interface Receiver {
  readonly name: string;
  /** Undefined for what has none of its own: it is as new as this repository, in the browser that is named with the run. */
  readonly version: string | undefined;
  /** Whether it reads the messages of Amazon IVS alone. */
  readonly isIvsOnly?: boolean;
  /** Whether it tells of each copy of a message, or of each message once. */
  readonly tellsCopies: boolean;
  /**
   * Resolves when its media has begun to come.
   *
   * @param sent How many messages the sender is going to send.
   */
  start(stage: StageAccess, from: string, participantId: string, tally: Tally, sent: number): Promise<RunningReceiver>;
}

export interface RunningReceiver {
  /** Pictures that it decoded; undefined for one that decodes none. */
  decoded(): Promise<number | undefined>;
  close(): Promise<void>;
}
