import type { Profile } from "@inband/wire";
import type { StandardSchemaV1 } from "@standard-schema/spec";
import type { NoTopics } from "./subscriber-events.ts";

/** Options of a subscriber. */
export interface SeiSubscriberOptions<Topics extends object = NoTopics> {
  /**
   * What to read. User data of no profile is ignored.
   *
   * @defaultValue `[inband()]`
   */
  readonly profiles?: readonly Profile[];
  /**
   * How long a missing message is waited for before `gap` reports it. By default a publisher sends copies on key frames for
   * 5 s.
   *
   * @defaultValue 6000
   */
  readonly gapTimeoutMs?: number;
  /**
   * `arrival` delivers each message as soon as it is whole. `sequence` delivers the messages of a topic as their source
   * numbered them, and waits for missing ones.
   *
   * @defaultValue "arrival"
   */
  readonly order?: "arrival" | "sequence";
  /**
   * The longest that a message waits for those before it, with `order: "sequence"`. The default is enough for three copies
   * on consecutive access units of a slow camera and a retransmission.
   *
   * @defaultValue 400
   */
  readonly orderTimeoutMs?: number;
  /**
   * How long a feed that brought access units may bring none before `stalled` reports it, to within a quarter more. Infinity
   * never reports it.
   *
   * @defaultValue 2000
   */
  readonly stalledAfterMs?: number;
  /**
   * The schemas of values by topic, of any library that implements Standard Schema. A value that does not fit is a
   * SchemaError and is not delivered; one that fits is delivered as the schema returns it. Schemas that answer later keep
   * the order of their topic. Topics without a schema are delivered as they arrive.
   */
  readonly schemas?: { readonly [Topic in keyof Topics]: StandardSchemaV1<unknown, Topics[Topic]> };
  /**
   * Gets a line for each thing that happens. Without one, an error that no `error` listener hears is one `console.warn` for
   * each cause; false silences that too.
   */
  readonly logger?: Pick<Console, "debug" | "info" | "warn" | "error"> | false;
}

/** Options of one feed. */
export interface AttachOptions {
  /**
   * Feeds of one group are paths to the same publisher, such as its video and its data channel, or its video before and
   * after a new connection: each message is delivered once for all of them. A feed without a group has one of its own, and
   * nothing that it brings affects the messages of another group. Only join feeds that come from one publisher.
   */
  readonly group?: string;
}

/** Options of a reader. */
export interface MessagesOptions {
  /** Only messages of this topic. */
  readonly topic?: string;
  /** Ends the reading: it rejects with the reason of the signal. */
  readonly signal?: AbortSignal;
  /**
   * The most messages that wait for the reader, and 2 MiB of their values on the wire. Beyond that the oldest are missed,
   * and `lagged` reports it.
   *
   * @defaultValue 256
   */
  readonly bufferSize?: number;
}
