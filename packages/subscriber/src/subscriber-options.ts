import type { Profile } from "@inband/wire";

/** Options of a subscriber. */
export interface SeiSubscriberOptions {
  /** What to read; what is in none of them is left alone. It defaults to `[inband()]`. */
  readonly profiles?: readonly Profile[];
  /**
   * How long a missing message is waited for before `gap` says that it never came. It defaults to 6000: by default a
   * publisher sends copies on key frames for 5 s.
   */
  readonly gapTimeoutMs?: number;
  /** It defaults to silence. */
  readonly logger?: Pick<Console, "debug" | "info" | "warn" | "error">;
  /** Milliseconds since 1970. It defaults to `Date.now`, and to a clock that never jumps for what is measured. */
  readonly now?: () => number;
}

/** Options of one feed. */
export interface AttachOptions {
  /**
   * Feeds of one group bring the same messages: each is delivered once for all of them. By default all feeds of a
   * subscriber are one group as to messages with ids, and each is its own as to messages without.
   */
  readonly group?: string;
}

/** Options of a reader. */
export interface MessagesOptions {
  /** Only messages on this topic. */
  readonly topic?: string;
  /** Ends the reading: it rejects with the reason of the signal. */
  readonly signal?: AbortSignal;
  /** The most messages that wait for the reader; beyond them the oldest are missed, and `lagged` says so. It defaults to 256. */
  readonly bufferSize?: number;
}
