import { checkOptions } from "@inband/stream";
import { kindOf, type Profile } from "@inband/wire";
import { checkBoolean, checkCopies, checkExpiry, checkInteger } from "./publish-options.ts";

/** Which messages make room when the queue is full. */
export type Overflow = "reject" | "drop-oldest" | "drop-lowest";

/** Options of a publisher. */
export interface SeiPublisherOptions {
  /**
   * What the messages look like on the wire.
   *
   * @defaultValue `inband()`
   */
  readonly profile?: Profile;
  /**
   * How many consecutive access units carry each message, 1 to 31. With the default, of messages on frames that are lost
   * independently at 5 %, one in 8000 loses all three. Further apart they would survive longer bursts and come later than
   * 100 ms where two are lost (docs/loss.md).
   *
   * @defaultValue 3
   */
  readonly copies?: number;
  /**
   * How many of the next key frames carry one more copy.
   *
   * @defaultValue the profile's: 2 with ids, 0 without
   */
  readonly keyFrameCopies?: number;
  /**
   * For messages that do not say their own.
   *
   * @defaultValue 5000
   */
  readonly expiresAfterMs?: number;
  /**
   * The most messages that wait.
   *
   * @defaultValue 256
   */
  readonly maxQueueMessages?: number;
  /**
   * The most bytes that wait, before copies.
   *
   * @defaultValue 1 MiB
   */
  readonly maxQueueBytes?: number;
  /**
   * What happens to a message for which there is no room: `reject` throws, `drop-oldest` gives up the oldest messages for
   * it, `drop-lowest` the oldest of the lowest priority that is not above its own, or throws.
   *
   * @defaultValue `reject`
   */
  readonly overflow?: Overflow;
  /**
   * Whether receivers are told, every second, when each topic began, how far it has come and what was given up, so that
   * they can report losses which no other message shows. Only profiles with envelopes have it.
   *
   * @defaultValue true
   */
  readonly heartbeat?: boolean;
  /**
   * Is told what happens: with `console`, one line of debug for each message. It is called when the work at hand is done.
   *
   * @defaultValue nothing is told, except that an error of which no `error` listener hears is one `console.warn` for each
   * cause; false silences that too
   */
  readonly logger?: Pick<Console, "debug" | "info" | "warn" | "error"> | false;
  /**
   * Wall clock for the time of publishing that ids tell, in milliseconds since 1970.
   *
   * @defaultValue `Date.now`
   */
  readonly now?: () => number;
  /**
   * What messages expire and heartbeats go by, in milliseconds; it never goes back. Carriers must go by the same, so this
   * is for simulations alone, which give it to their `AccessUnitCarrier` or `CarrierPublishers` too.
   *
   * @defaultValue `performance.timeOrigin + performance.now()`
   */
  readonly clock?: () => number;
  /**
   * Fills bytes with random ones, for ids and the publisher's own number.
   *
   * @defaultValue `crypto.getRandomValues`
   */
  readonly random?: (bytes: Uint8Array<ArrayBuffer>) => unknown;
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

/** @throws RangeError or TypeError that names the option. */
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

/** A profile of the application's own is plain data too. */
function checkProfile(profile: Profile): void {
  if (typeof profile === "object" && profile !== null && profile.uuid instanceof Uint8Array && profile.encoding) return;
  const hint = typeof profile === "function" ? "; call it" : "";
  throw new TypeError(`profile: expected a profile, as inband() or ivs() makes one, got ${kindOf(profile)}${hint}`);
}
