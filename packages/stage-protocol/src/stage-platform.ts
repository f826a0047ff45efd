import type { EventsSocket } from "./events-connection.ts";
import type { Connection } from "./kept-connection.ts";
import type { StageParticipant } from "./stage-participant.ts";

/** Where a connection with media goes. */
export interface StageTarget {
  readonly url: string;
  readonly token: string;
  /** Ends the attempt to connect. */
  readonly signal: AbortSignal;
}

/** What a membership needs of the place that it runs in. */
export interface StagePlatform {
  /** Opens a WebSocket, with a subprotocol. */
  openSocket(url: string, protocol: string): EventsSocket;
  /** Connects what is published. Absent where nothing is. */
  readonly publish?: ((target: StageTarget) => Promise<Connection>) | undefined;
  /** Connects what comes from a participant. Absent where nothing is received. */
  readonly subscribe?: ((participantId: string, target: StageTarget) => Promise<Connection>) | undefined;
  /** Whether another attempt is in vain after an error of these three that is not of this package. */
  isFinal(error: Error): boolean;
  /** The error of a stage that was not joined in time, with a message that says why. */
  tooLate(message: string): Error;
}

/** What every `joinStage` takes. */
export interface MembershipOptions {
  /**
   * A token of a stage of Amazon's protocol: it says where the stage is. A function is asked for one at the start, and
   * again whenever a connection is made and the last one has expired or was refused.
   */
  readonly token: string | (() => string | Promise<string>);
  /**
   * Whose messages to receive.
   *
   * @defaultValue those of everybody else who publishes
   */
  readonly shouldSubscribe?: (participant: StageParticipant) => boolean;
  /**
   * How long joining may take, in milliseconds; `Infinity` tries without end. What is lost afterwards is connected again
   * however long that takes.
   *
   * @defaultValue 30000
   */
  readonly timeoutMs?: number;
  /** Ends the attempt to join; once joined, use `leave`. */
  readonly signal?: AbortSignal;
}
