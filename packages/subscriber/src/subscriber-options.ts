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
   * missing is waited for, then `gap` tells of it, and if it comes after that it is not delivered but `late`. It defaults
   * to `arrival`.
   */
  readonly order?: "arrival" | "sequence";
  /**
   * With `order: "sequence"`, how long a message waits at most for those before it. It defaults to 400, three copies on
   * consecutive access units of a slow camera and a retransmission.
   */
  readonly orderTimeoutMs?: number;
  /**
   * How long a feed that brought access units brings none before `stalled` says so, to within a quarter more. It defaults
   * to 2000; Infinity never says so.
   */
  readonly stalledAfterMs?: number;
  /**
   * What the values on a topic must be: a schema of any library that speaks Standard Schema. A value that does not fit
   * is a SchemaError and is not delivered; one that fits is delivered as the schema gives it back. Schemas that answer
   * later keep the order of their topic. Topics without a schema are delivered as they come.
   */
  readonly schemas?: { readonly [Topic in keyof Topics]: StandardSchemaV1<unknown, Topics[Topic]> };
  /**
   * Is told what happens. By default nothing is, except that an error of which no `error` listener hears is one
   * `console.warn` for each cause; false silences that too.
   */
  readonly logger?: Pick<Console, "debug" | "info" | "warn" | "error"> | false;
  /** Milliseconds since 1970. It defaults to `Date.now`, and to a clock that never jumps for what is measured. */
  readonly now?: () => number;
}

/** What there is no option for, or no object of options, is a TypeError that names it. */
export function checkOptions(options: object, names: string): void {
  if (typeof options !== "object") throw new TypeError(`options: expected an object, got ${typeof options}`);
  for (const name of Object.keys(options)) {
    if (!names.split(", ").includes(name)) throw new TypeError(`${name}: no such option, expected ${names}`);
  }
}

/**
 * The options of a subscriber, checked as to their kinds.
 *
 * @throws TypeError or RangeError that names the option.
 */
export function checkSubscriberOptions(options: Omit<SeiSubscriberOptions, "schemas">): void {
  checkOptions(options, "profiles, gapTimeoutMs, order, orderTimeoutMs, stalledAfterMs, schemas, logger, now");
  const { profiles = [], order = "arrival", logger, now = Date.now, gapTimeoutMs = 0, orderTimeoutMs = 0 } = options;
  const { stalledAfterMs = 100 } = options;
  if (!Array.isArray(profiles) || !profiles.every((profile) => profile?.encoding)) {
    throw new TypeError(`profiles: expected an array of profiles as in [inband()], got ${String(profiles)}`);
  }
  if (order !== "arrival" && order !== "sequence") {
    throw new TypeError(`order: expected "arrival" or "sequence", got ${String(order)}`);
  }
  if (logger && typeof logger.warn !== "function") throw new TypeError("logger: expected a console, or false");
  if (typeof now !== "function") throw new TypeError(`now: expected a function, got ${typeof now}`);
  checkTimeout("gapTimeoutMs", gapTimeoutMs);
  checkTimeout("orderTimeoutMs", orderTimeoutMs);
  if (stalledAfterMs !== Number.POSITIVE_INFINITY) checkTimeout("stalledAfterMs", stalledAfterMs, 100);
}

function checkTimeout(name: string, value: number, least = 0): void {
  if (!(value >= least && value <= 86_400_000)) {
    throw new RangeError(`${name}: expected ${least} to 86400000, got ${value}`);
  }
}

/** Options of one feed. */
export interface AttachOptions {
  /**
   * Feeds of one group are ways to the same publisher, such as its video and its data channel, or its video before and
   * after a new connection: each message is delivered once for all of them. A feed without a group is one of its own, and
   * nothing that it brings changes what becomes of the messages of another: only join feeds of which you know that they
   * come from one publisher.
   */
  readonly group?: string;
}

/** Options of a reader. */
export interface MessagesOptions {
  /** Only messages on this topic. */
  readonly topic?: string;
  /** Ends the reading: it rejects with the reason of the signal. */
  readonly signal?: AbortSignal;
  /** The most messages that wait for the reader, and 2 MiB of their values on the wire; beyond them the oldest are missed, and `lagged` says so. It defaults to 256. */
  readonly bufferSize?: number;
}
