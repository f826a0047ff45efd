import { checkOptions } from "@inband/stream";
import { kindOf, type Profile } from "@inband/wire";

/** How soon a message goes; 3 goes first. */
export type Priority = 0 | 1 | 2 | 3;

/** Options of one message. */
export interface PublishOptions {
  /** What the message is about; up to 255 bytes of UTF-8. Sequence numbers count by topic. */
  readonly topic?: string;
  /**
   * Presentation time, in microseconds, of the access unit that the message refers to.
   *
   * @defaultValue that of the access unit that carries its first copy
   */
  readonly timestamp?: number;
  /**
   * As the publisher's option.
   *
   * @defaultValue the publisher's
   */
  readonly copies?: number;
  /**
   * 3 goes first.
   *
   * @defaultValue 1
   */
  readonly priority?: Priority;
  /**
   * The first whole copy leaves within this time or none does.
   *
   * @defaultValue the publisher's
   */
  readonly expiresAfterMs?: number;
  /**
   * Keeps the value, of at most 8192 bytes encoded, as the newest of its topic for late joiners: it is sent again from each
   * key frame on, until there is a newer one or `unretain` is called. It neither expires nor counts as waiting. At most 64
   * topics; only profiles with envelopes have it.
   *
   * @defaultValue false
   */
  readonly retain?: boolean;
  /** Cancels the message, as `cancel()` does. One that is aborted already makes `publish` throw its reason. */
  readonly signal?: AbortSignal;
}

const publishOptionNames: ReadonlySet<string> = new Set([
  "topic",
  "timestamp",
  "copies",
  "priority",
  "expiresAfterMs",
  "retain",
  "signal",
] satisfies (keyof PublishOptions)[]);

/** @throws RangeError or TypeError that names the option. */
export function checkPublishOptions(options: PublishOptions, profile: Profile): void {
  checkOptions(options, publishOptionNames);
  const { topic, timestamp, copies, priority, expiresAfterMs, retain, signal } = options;
  if (topic !== undefined && typeof topic !== "string") {
    throw new TypeError(`topic: expected a string, got ${kindOf(topic)}`);
  }
  if (topic !== undefined && profile.encoding !== "envelope") {
    throw new TypeError(`topic: profile ${profile.name} has no topics`);
  }
  if (signal !== undefined && typeof signal?.addEventListener !== "function") {
    throw new TypeError(`signal: expected an AbortSignal, got ${kindOf(signal)}`);
  }
  if (timestamp !== undefined && !Number.isFinite(timestamp)) {
    throw new RangeError(`timestamp: expected microseconds, got ${kindOf(timestamp)}`);
  }
  if (copies !== undefined) checkCopies(copies, profile);
  if (priority !== undefined) checkInteger("priority", priority, 0, 3);
  if (expiresAfterMs !== undefined) checkExpiry(expiresAfterMs);
  if (retain === undefined) return;
  checkBoolean("retain", retain);
  if (retain && profile.encoding !== "envelope") {
    throw new TypeError(`retain: profile ${profile.name} has no ids, so every repeat would be another message`);
  }
}

/** @throws TypeError that names the option. */
export function checkBoolean(name: string, value: boolean): void {
  if (typeof value !== "boolean") throw new TypeError(`${name}: expected a boolean, got ${kindOf(value)}`);
}

/** @throws RangeError that names the option. */
export function checkCopies(copies: number, profile: Profile): void {
  checkInteger("copies", copies, 1, profile.maxCopies);
}

/**
 * Up to a day: timers take no more than 24.8 days.
 *
 * @throws RangeError that names the option.
 */
export function checkExpiry(expiresAfterMs: number): void {
  if (!(expiresAfterMs > 0 && expiresAfterMs <= 86_400_000)) {
    throw new RangeError(`expiresAfterMs: expected more than 0 and at most 86400000, got ${kindOf(expiresAfterMs)}`);
  }
}

/** @throws RangeError that names the option. */
export function checkInteger(name: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw new RangeError(`${name}: expected an integer from ${least} to ${most}, got ${kindOf(value)}`);
}
