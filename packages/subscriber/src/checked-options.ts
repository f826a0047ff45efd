import type { SeiFeed } from "@inband/stream";
import { inband, type Profile } from "@inband/wire";
import type { StandardSchemaV1 } from "@standard-schema/spec";
import { expectThat } from "./expect-that.ts";
import { byArrival, type DeliveryOrder } from "./message-order.ts";
import { never } from "./never.ts";
import { SequenceOrder } from "./sequence-order.ts";
import type { AttachOptions, SeiSubscriberOptions } from "./subscriber-options.ts";

/** The options of a subscriber with their defaults. */
export interface CheckedOptions {
  readonly profiles: readonly Profile[];
  readonly gapTimeoutMs: number;
  readonly makeOrder: DeliveryOrder;
  readonly stalledAfterMs: number;
  readonly schemas: Map<string, StandardSchemaV1>;
  readonly logger: SeiSubscriberOptions["logger"];
}

/** A day. Timers reach no further than 24 of them. */
const longestMs: number = 86_400_000;

/** Rejects what is not an object of options, or has an option of another name. @throws TypeError that names it. */
export function checkOptions(options: object, names: string): void {
  expectThat(typeof options === "object", "options", "an object", typeof options);
  for (const name of Object.keys(options)) {
    if (!names.split(", ").includes(name)) throw new TypeError(`${name}: no such option, expected ${names}`);
  }
}

/** Rejects durations out of their bounds. @throws RangeError that names the first one. */
function checkDurations(durations: Record<string, number>, leastMs: number): void {
  for (const [name, value] of Object.entries(durations)) {
    if (!(value >= leastMs && value <= longestMs)) {
      throw new RangeError(`${name}: expected ${leastMs} to ${longestMs}, got ${value}`);
    }
  }
}

/**
 * The options of a subscriber with their defaults, checked.
 *
 * @throws TypeError or RangeError that names the option.
 */
export function checkedOptions<Topics extends object>(options: SeiSubscriberOptions<Topics>): CheckedOptions {
  checkOptions(options, "profiles, gapTimeoutMs, order, orderTimeoutMs, stalledAfterMs, schemas, logger");
  const { profiles = [inband()], gapTimeoutMs = 6000, order = "arrival", orderTimeoutMs = 400 } = options;
  const { stalledAfterMs = 2000, logger } = options;
  const areProfiles = Array.isArray(profiles) && profiles.every((profile) => profile?.encoding);
  expectThat(areProfiles, "profiles", "an array of profiles as in [inband()]", profiles);
  expectThat(["arrival", "sequence"].includes(order), "order", '"arrival" or "sequence"', order);
  expectThat(!logger || typeof logger.warn === "function", "logger", "a console, or false", typeof logger);
  const schemas = new Map<string, StandardSchemaV1>(Object.entries(options.schemas ?? {}));
  for (const [topic, schema] of schemas) checkSchema(`schemas.${topic}`, schema);
  checkDurations({ gapTimeoutMs, orderTimeoutMs }, 0);
  if (stalledAfterMs !== never) checkDurations({ stalledAfterMs }, 100);
  const makeOrder: DeliveryOrder =
    order === "arrival" ? byArrival : (gaps, late) => new SequenceOrder(orderTimeoutMs, gaps, late);
  return { profiles: [...profiles], gapTimeoutMs, makeOrder, stalledAfterMs, schemas, logger };
}

/** Rejects what is not a schema. @throws TypeError that names it. */
export function checkSchema(name: string, schema: StandardSchemaV1): void {
  const isSchema = typeof schema?.["~standard"]?.validate === "function";
  expectThat(isSchema, name, "a Standard Schema", typeof schema);
}

/** Rejects what cannot be attached. @throws TypeError that names it. */
export function checkAttach(feed: SeiFeed, options: AttachOptions): void {
  const isFeed = typeof feed?.open === "function";
  expectThat(isFeed, "feed", "a feed, as browserFeed(receiver)", typeof feed);
  checkOptions(options, "group");
  const { group } = options;
  expectThat(group === undefined || typeof group === "string", "group", "a string", typeof group);
}
