import { kindOf, type Profile } from "@inband/wire";
import { checkOptions } from "./check-options.ts";

/** Which messages make room when the queue is full. */
export type Overflow = "reject" | "drop-oldest" | "drop-lowest";

/** How soon a message goes; 3 goes first. */
export type Priority = 0 | 1 | 2 | 3;

/** Options of a publisher. */
export interface SeiPublisherOptions {
  /** What the messages look like on the wire. It defaults to `inband()`. */
  readonly profile?: Profile;
  /**
   * How many consecutive access units carry each message, 1 to 31. It defaults to 3: of messages on frames that are lost
   * independently at 5 %, one in 8000 loses all three. Further apart they would survive longer bursts and come later
   * than 100 ms where two are lost (docs/loss.md).
   */
  readonly copies?: number;
  /** How many of the next key frames carry one copy more. It defaults to the profile's: 2 with ids, 0 without. */
  readonly keyFrameCopies?: number;
  /** For messages that do not say their own. It defaults to 5000. */
  readonly expiresAfterMs?: number;
  /** The most messages that wait. It defaults to 256. */
  readonly maxQueueMessages?: number;
  /** The most bytes that wait, before copies. It defaults to 1 MiB. */
  readonly maxQueueBytes?: number;
  /**
   * What happens to a message for which there is no room: `reject` throws, `drop-oldest` gives up the oldest messages for
   * it, `drop-lowest` the oldest of the lowest priority that is not above its own, or throws. It defaults to `reject`.
   */
  readonly overflow?: Overflow;
  /**
   * Whether receivers are told, every second, when each topic began, how far it has come and what was given up, so that
   * they can report losses which no other message shows. Only profiles with envelopes have it. It defaults to true.
   */
  readonly heartbeat?: boolean;
  /**
   * Is told what happens: with `console`, one line of debug for each message. By default nothing is, except that an error
   * of which no `error` listener hears is one `console.warn` for each cause; false silences that too. It is called when
   * the work at hand is done.
   */
  readonly logger?: Pick<Console, "debug" | "info" | "warn" | "error"> | false;
  /** Wall clock for the time of publishing that ids tell, in milliseconds since 1970. It defaults to `Date.now`. */
  readonly now?: () => number;
  /**
   * What messages expire and heartbeats go by, in milliseconds; it never goes back. Carriers must go by the same, so this
   * is for simulations alone, whose carriers give it to their `Outboxes` too. It defaults to
   * `performance.timeOrigin + performance.now()`.
   */
  readonly clock?: () => number;
  /** Fills bytes with random ones, for ids and the publisher's own number. It defaults to `crypto.getRandomValues`. */
  readonly random?: (bytes: Uint8Array<ArrayBuffer>) => unknown;
}

/** Options of one message. */
export interface PublishOptions {
  /** What the message is about; up to 255 bytes of UTF-8. Sequence numbers count by topic. */
  readonly topic?: string;
  /** Presentation time, in microseconds, of the access unit that the message speaks of; default: the one that carries its first copy. */
  readonly timestamp?: number;
  /** Instead of the publisher's. */
  readonly copies?: number;
  /** 3 goes first. It defaults to 1. */
  readonly priority?: Priority;
  /** The first whole copy leaves within this time or none does. It defaults to the publisher's. */
  readonly expiresAfterMs?: number;
  /**
   * Keeps the value, of at most 8192 bytes encoded, as the newest of its topic: those who come later get it too, since it
   * is sent again from each key frame on, until there is a newer one or `unretain` is called. It neither expires nor
   * counts as waiting. At most 64 topics; only profiles with envelopes have it. It defaults to false.
   */
  readonly retain?: boolean;
  /** Cancels the message, as `cancel()` does. One that is aborted already makes `publish` throw its reason. */
  readonly signal?: AbortSignal;
}

/** A publisher's options with their defaults filled in and their values checked. */
export interface PublisherSettings {
  readonly profile: Profile;
  readonly copies: number;
  readonly keyFrameCopies: number;
  readonly expiresAfterMs: number;
  readonly maxQueueMessages: number;
  readonly maxQueueBytes: number;
  readonly overflow: Overflow;
  readonly heartbeat: boolean;
}

const publisherOptionNames: ReadonlySet<string> = new Set([
  "profile",
  "copies",
  "keyFrameCopies",
  "expiresAfterMs",
  "maxQueueMessages",
  "maxQueueBytes",
  "overflow",
  "heartbeat",
  "logger",
  "now",
  "clock",
  "random",
] satisfies (keyof SeiPublisherOptions)[]);

const publishOptionNames: ReadonlySet<string> = new Set([
  "topic",
  "timestamp",
  "copies",
  "priority",
  "expiresAfterMs",
  "retain",
  "signal",
] satisfies (keyof PublishOptions)[]);

/** Throws RangeError or TypeError that names the option. */
export function publisherSettings(options: SeiPublisherOptions, ownProfile: () => Profile): PublisherSettings {
  checkOptions(options, publisherOptionNames);
  const { profile = ownProfile() } = options;
  checkProfile(profile);
  const {
    copies = Math.min(3, profile.maxCopies),
    keyFrameCopies = profile.keyFrameCopies,
    expiresAfterMs = 5000,
    maxQueueMessages = 256,
    maxQueueBytes = 1_048_576,
    overflow = "reject",
    heartbeat = true,
  } = options;
  checkCopies(copies, profile);
  checkInteger("keyFrameCopies", keyFrameCopies, 0, 31);
  checkExpiry(expiresAfterMs);
  checkInteger("maxQueueMessages", maxQueueMessages, 1, 1_000_000);
  checkInteger("maxQueueBytes", maxQueueBytes, 1, Number.MAX_SAFE_INTEGER);
  if (!["reject", "drop-oldest", "drop-lowest"].includes(overflow)) {
    throw new TypeError(`overflow: expected "reject", "drop-oldest" or "drop-lowest", got ${kindOf(overflow)}`);
  }
  checkBoolean("heartbeat", heartbeat);
  const { logger } = options;
  if (logger && typeof logger.debug !== "function") {
    throw new TypeError(`logger: expected a console, or false, got ${kindOf(logger)}`);
  }
  for (const name of ["now", "clock", "random"] as const) {
    const value = options[name];
    if (value !== undefined && typeof value !== "function") {
      throw new TypeError(`${name}: expected a function, got ${kindOf(value)}`);
    }
  }
  if (profile.copiesWithinMs !== undefined && keyFrameCopies > 0) {
    throw new RangeError(
      `keyFrameCopies: profile ${profile.name} has no ids, so a copy on a later key frame would be another message; use 0`,
    );
  }
  return { profile, copies, keyFrameCopies, expiresAfterMs, maxQueueMessages, maxQueueBytes, overflow, heartbeat };
}

/** Throws RangeError or TypeError that names the option. */
export function checkPublishOptions(options: PublishOptions, profile: Profile): void {
  checkOptions(options, publishOptionNames);
  const { topic, timestamp, copies, priority, expiresAfterMs, retain, signal } = options;
  if (topic !== undefined && typeof topic !== "string") {
    throw new TypeError(`topic: expected a string, got ${kindOf(topic)}`);
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

/** A profile of one's own is plain data too. */
function checkProfile(profile: Profile): void {
  if (typeof profile === "object" && profile !== null && profile.uuid instanceof Uint8Array && profile.encoding) return;
  const hint = typeof profile === "function" ? "; call it" : "";
  throw new TypeError(`profile: expected a profile, as inband() or ivs() makes one, got ${kindOf(profile)}${hint}`);
}

function checkBoolean(name: string, value: boolean): void {
  if (typeof value !== "boolean") throw new TypeError(`${name}: expected a boolean, got ${kindOf(value)}`);
}

function checkCopies(copies: number, profile: Profile): void {
  checkInteger("copies", copies, 1, profile.maxCopies);
}

/** Up to a day: timers take no more than 24.8 days. */
function checkExpiry(expiresAfterMs: number): void {
  if (!(expiresAfterMs > 0 && expiresAfterMs <= 86_400_000)) {
    throw new RangeError(`expiresAfterMs: expected more than 0 and at most 86400000, got ${kindOf(expiresAfterMs)}`);
  }
}

function checkInteger(name: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw new RangeError(`${name}: expected an integer from ${least} to ${most}, got ${kindOf(value)}`);
}
