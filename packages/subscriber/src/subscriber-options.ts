import type { Profile } from "@inband/wire";
import type { StandardSchemaV1 } from "@standard-schema/spec";
import type { NoTopics } from "./subscriber-events.ts";

/** Options of a subscriber. */
export interface SeiSubscriberOptions<Topics extends object = NoTopics> {
  /** What to read; what is in none of them is left alone. It defaults to `[inband()]`. */
  readonly profiles?: readonly Profile[];
  /**
   * How long a missing message is waited for before `gap` says that it never came. It defaults to 6000: by default a
   * publisher sends copies on key frames for 5 s.
   */
  readonly gapTimeoutMs?: number;
  /**
   * `arrival`: each message as soon as it is whole. `sequence`: within a topic as its source numbered them; one that is
   * missing is waited for, then `gap` tells of it, and if it comes after that it is not delivered. It defaults to
   * `arrival`.
   */
  readonly order?: "arrival" | "sequence";
  /**
   * With `order: "sequence"`, how long a message waits at most for those before it. It defaults to 400, three copies on
   * consecutive access units of a slow camera and a retransmission.
   */
  readonly orderTimeoutMs?: number;
  /**
   * What the values on a topic must be: a schema of any library that speaks Standard Schema. A value that does not fit
   * is a SchemaError and is not delivered; one that fits is delivered as the schema gives it back. Schemas that answer
   * later keep the order of their topic. Topics without a schema are delivered as they come.
   */
  readonly schemas?: { readonly [Topic in keyof Topics]: StandardSchemaV1<unknown, Topics[Topic]> };
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
