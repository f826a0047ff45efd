import { maxTopicBytes } from "./envelope.ts";
import { WireError } from "./wire-error.ts";

/** The most topics of a heartbeat: those used most recently. */
export const maxHeartbeatTopics = 64;

/** The most withdrawn sequence numbers of one topic: the newest. */
export const maxWithdrawn = 32;

/** What a heartbeat says of one topic of its source. */
export interface HeartbeatTopic {
  readonly topic: string | undefined;
  /** uint32: sequence number of the last message that has left or was given up. */
  readonly lastSequence: number;
  /** uint32s: messages that were cancelled, expired or dropped and will never come. */
  readonly withdrawn: readonly number[];
}

/**
 * The topics of a heartbeat, from the value of an envelope with `EnvelopeFlag.Heartbeat`.
 *
 * @throws WireError `bad-envelope` for anything that SPEC.md section 5 does not allow.
 */
export function readHeartbeat(value: unknown): HeartbeatTopic[] {
  if (!Array.isArray(value)) throw bad("no array of topics");
  if (value.length > maxHeartbeatTopics) throw bad(`${value.length} topics; at most ${maxHeartbeatTopics} are allowed`);
  return value.map((entry: unknown) => {
    if (!Array.isArray(entry) || entry.length < 3) throw bad("a topic that is no array of three");
    const [topic, lastSequence, withdrawn]: unknown[] = entry;
    if (topic !== null && !isTopic(topic)) throw bad("a topic that is neither nil nor a string of up to 255 bytes");
    if (!isUint32(lastSequence)) throw bad("a last sequence that is no uint32");
    if (!Array.isArray(withdrawn) || withdrawn.length > maxWithdrawn || !withdrawn.every(isUint32)) {
      throw bad(`withdrawn sequences that are no array of up to ${maxWithdrawn} uint32`);
    }
    return { topic: topic ?? undefined, lastSequence, withdrawn };
  });
}

/**
 * The value of a heartbeat's envelope, for `encodeMessage` with `EnvelopeFlag.Heartbeat` and without a topic.
 *
 * @throws RangeError or TypeError for more than `readHeartbeat` takes.
 */
export function writeHeartbeat(topics: readonly HeartbeatTopic[]): unknown[] {
  if (topics.length > maxHeartbeatTopics) {
    throw new RangeError(`topics: at most ${maxHeartbeatTopics}, got ${topics.length}`);
  }
  return topics.map(({ topic, lastSequence, withdrawn }) => {
    if (topic !== undefined && !isTopic(topic)) throw new TypeError("topic: expected a string of up to 255 bytes");
    if (!isUint32(lastSequence)) throw new RangeError(`lastSequence: expected a uint32, got ${lastSequence}`);
    if (withdrawn.length > maxWithdrawn || !withdrawn.every(isUint32)) {
      throw new RangeError(`withdrawn: expected up to ${maxWithdrawn} uint32, got ${withdrawn.length} numbers`);
    }
    return [topic ?? null, lastSequence, [...withdrawn]];
  });
}

function isTopic(value: unknown): value is string {
  return typeof value === "string" && new TextEncoder().encode(value).length <= maxTopicBytes;
}

function isUint32(value: unknown): value is number {
  return typeof value === "number" && value >>> 0 === value;
}

function bad(what: string): WireError {
  return new WireError("bad-envelope", `Bad heartbeat: ${what}`);
}
