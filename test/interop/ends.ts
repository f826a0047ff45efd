import type { Forwarding } from "./middles/forwarding.ts";
import type { Place } from "./place.ts";
import type { Tally } from "./tally.ts";

/** What is run against the others. */
export interface Peer {
  readonly name: string;
  /** Undefined for what has none of its own: it is as new as this repository, in the browser that is named with the run. */
  readonly version: string | undefined;
  /** Why it cannot be run on this machine; undefined where it can. */
  readonly unavailable?: string | undefined;
}

/** The stage between them. */
export interface StageAccess {
  readonly url: string;
  token(participantId: string): Promise<string>;
}

/** A peer that publishes. */
export interface Sender extends Peer {
  /** Whether its messages are posted to the stage, in envelopes of inband: what reads Amazon's messages alone reads none. */
  readonly isPosted?: boolean;
  /** What it does that spoils its video, and with it messages, where Chromium receives it. */
  readonly spoilsInChromium?: string;
  /** Resolves when its media is on its way. */
  start(stage: StageAccess, participantId: string): Promise<RunningSender>;
}

export interface RunningSender {
  /**
   * Sends a message on one of the next frames, under the UUID of Amazon IVS. Resolves, when it has left, with its picture;
   * undefined where the sender does not know that.
   */
  send(payload: Uint8Array<ArrayBuffer>): Promise<Place | undefined>;
  /** Whether it is sending one of its simulcast layers at the moment: a browser stops one that the machine is too busy for. */
  sendsLayer?(index: number): Promise<boolean>;
  close(): Promise<void>;
}

/** A peer that receives. */
export interface Receiver extends Peer {
  /** Whether it reads the messages of Amazon IVS alone. */
  readonly isIvsOnly?: boolean;
  /** Whether it tells of each copy of a message, or of each message once. */
  readonly tellsCopies: boolean;
  readonly isChromium?: boolean;
  /** Resolves when it receives. */
  start(stage: StageAccess, from: string, participantId: string, tally: Tally): Promise<RunningReceiver>;
}

export interface RunningReceiver {
  /** What the server before it tells of the pictures that it has sent on to it. */
  readonly forwarding?: Forwarding | undefined;
  /** Pictures that it has decoded; there is none for one that decodes none. */
  decoded?(): Promise<number>;
  /** Messages that it has received by now are in the tally when this resolves. */
  close(): Promise<void>;
}
