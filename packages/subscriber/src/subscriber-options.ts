import { inband, type Profile } from "@inband/wire";
import type { StandardSchemaV1 } from "@standard-schema/spec";
import { never } from "./never.ts";
import type { NoTopics } from "./subscriber-events.ts";

/** What a subscriber does by: its options with their defaults. */
export interface CheckedOptions extends Required<Omit<SeiSubscriberOptions, "schemas" | "logger" | "now">> {
  readonly logger: SeiSubscriberOptions["logger"];
  readonly now: SeiSubscriberOptions["now"];
  readonly schemas: ReadonlyMap<string | undefined, StandardSchemaV1>;
}

/** A day; timers know no more than 24 of them. */
const longestMs = 86_400_000;

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

/** Refuses an argument that is not what was expected, by a TypeError that says so. */
export function expectThat(isSo: boolean, name: string, expected: string, got: unknown): asserts isSo {
  if (!isSo) throw new TypeError(`${name}: expected ${expected}, got ${String(got)}`);
}

/** What there is no option for, or no object of options, is a TypeError that names it. */
export function checkOptions(options: object, names: string): void {
  expectThat(typeof options === "object", "options", "an object", typeof options);
  for (const name of Object.keys(options)) {
    if (!names.split(", ").includes(name)) throw new TypeError(`${name}: no such option, expected ${names}`);
  }
}

/** Refuses a number that is out of its bounds, by a RangeError that names it. */
function checkRange(name: string, value: number, least: number, most: number): void {
  if (!(value >= least && value <= most)) {
    throw new RangeError(`${name}: expected ${least} to ${most}, got ${value}`);
  }
}

/**
 * The options of a subscriber with their defaults, checked as to their kinds.
 *
 * @throws TypeError or RangeError that names the option.
 */
export function checkedOptions<Topics extends object>(options: SeiSubscriberOptions<Topics>): CheckedOptions {
  checkOptions(options, "profiles, gapTimeoutMs, order, orderTimeoutMs, stalledAfterMs, schemas, logger, now");
  const { profiles = [inband()], order = "arrival", gapTimeoutMs = 6000, orderTimeoutMs = 400 } = options;
  const { stalledAfterMs = 2000, schemas = {}, logger, now } = options;
  const areProfiles = Array.isArray(profiles) && profiles.every((profile) => profile?.encoding);
  expectThat(areProfiles, "profiles", "an array of profiles as in [inband()]", profiles);
  expectThat(order === "arrival" || order === "sequence", "order", '"arrival" or "sequence"', order);
  expectThat(!logger || typeof logger.warn === "function", "logger", "a console, or false", typeof logger);
  expectThat(now === undefined || typeof now === "function", "now", "a function", typeof now);
  const schemaEntries: [string, StandardSchemaV1][] = Object.entries(schemas);
  for (const [topic, schema] of schemaEntries) {
    const isSchema = typeof schema?.["~standard"]?.validate === "function";
    expectThat(isSchema, `schemas.${topic}`, "a Standard Schema", typeof schema);
  }
  checkRange("gapTimeoutMs", gapTimeoutMs, 0, longestMs);
  checkRange("orderTimeoutMs", orderTimeoutMs, 0, longestMs);
  if (stalledAfterMs !== never) checkRange("stalledAfterMs", stalledAfterMs, 100, longestMs);
  return {
    profiles,
    order,
    gapTimeoutMs,
    orderTimeoutMs,
    stalledAfterMs,
    schemas: new Map(schemaEntries),
    logger,
    now,
  };
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
