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
  /** Absent where the writer does not say it. */
  readonly history?: TopicHistory;
}

/** What tells a receiver which messages of a topic were meant for it. All are uint32. */
export interface TopicHistory {
  /** How many messages behind the last one have been published too and wait. */
  readonly pending: number;
  /**
   * Heartbeats of a lower sequence left before the message `first` was published: who has received one of them was there
   * for everything from `first` on.
   */
  readonly since: number;
  readonly first: number;
}

/**
 * The topics of a heartbeat, from the value of an envelope with `EnvelopeFlag.Heartbeat`.
 *
 * @throws WireError `bad-envelope` for anything that SPEC.md section 5 does not allow.
 */
export function readHeartbeat(value: unknown): HeartbeatTopic[] {
  if (!Array.isArray(value) || value.length > maxHeartbeatTopics) {
    throw bad("topics");
  }
  return value.map((entry: unknown, index) => {
    const [topic, lastSequence, withdrawn, ...more]: unknown[] = Array.isArray(entry) ? entry : [];
    const numbers = more.length < 3 ? [] : more.slice(0, 3);
    if (
      (topic !== null && !isTopic(topic)) ||
      !Array.isArray(withdrawn) ||
      withdrawn.length > maxWithdrawn ||
      ![lastSequence, ...withdrawn, ...numbers].every(isUint32)
    ) {
      throw bad(`topic ${index}`);
    }
    const said = { topic: topic ?? undefined, lastSequence: lastSequence as number, withdrawn };
    const [pending, since, first] = numbers as [number?, number?, number?];
    return first === undefined ? said : { ...said, history: { pending, since, first } as TopicHistory };
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
  return topics.map(({ topic, lastSequence, withdrawn, history }) => {
    if (topic !== undefined && !isTopic(topic)) throw new TypeError("topic: expected a string of up to 255 bytes");
    if (!isUint32(lastSequence)) throw new RangeError(`lastSequence: expected a uint32, got ${lastSequence}`);
    if (withdrawn.length > maxWithdrawn || !withdrawn.every(isUint32)) {
      throw new RangeError(`withdrawn: expected up to ${maxWithdrawn} uint32, got ${withdrawn.length} numbers`);
    }
    const said = [topic ?? null, lastSequence, [...withdrawn]];
    if (history === undefined) return said;
    const numbers = [history.pending, history.since, history.first];
    for (const number of numbers)
      if (!isUint32(number)) throw new RangeError(`history: expected uint32s, got ${number}`);
    return [...said, ...numbers];
  });
}

function isTopic(value: unknown): value is string {
  return typeof value === "string" && new TextEncoder().encode(value).length <= maxTopicBytes;
}

function isUint32(value: unknown): value is number {
  return typeof value === "number" && value >>> 0 === value;
}

function bad(what: string): WireError {
  return new WireError("bad-envelope", `Heartbeat: ${what}`);
}
