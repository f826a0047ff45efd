import type { AccessUnit } from "@inband/h264";
import type { CarrierLimits } from "./sei-carrier.ts";

/** Settings of an `AccessUnitCarrier`. */
export interface AccessUnitCarrierOptions {
  /** Names the carrier, and its stream, in receipts. */
  readonly name: string;
  /**
   * Sends one access unit, with the messages inside, its RTP timestamp, and its number among those that leave, from 1 on.
   * What it throws, or what its promise rejects with, is reported to the publishers. Where it throws, or returns
   * `"dropped"`, the access unit did not leave, and its messages wait for the next one; where it throws with messages, it is
   * called once more without them.
   */
  readonly send: (accessUnit: AccessUnit, rtpTimestamp: number, number: number) => unknown;
  /**
   * What SEI may take.
   *
   * @defaultValue `defaultCarrierLimits`
   */
  readonly limits?: CarrierLimits;
  /**
   * How long one request for a key frame answers all others, in milliseconds.
   *
   * @defaultValue 100
   */
  readonly keyFrameIntervalMs?: number;
  /**
   * Whether access units go anywhere at the moment. While they do not they are ignored, and messages wait.
   *
   * @defaultValue they always do
   */
  readonly flows?: () => boolean;
  /**
   * Whether a receiver reads the messages at the moment. While none does they wait, and access units leave without them.
   *
   * @defaultValue one always does
   */
  readonly listens?: () => boolean;
  /**
   * Whether a receiver that got the access units with these numbers, the first and the last, has been heard since;
   * undefined while one may be. Messages are `sent` when one has, and leave again, until they expire, where none will.
   * Call `review` when the answer is another.
   *
   * @defaultValue nothing is known of receivers: messages are `sent` when they have left
   */
  readonly reached?: (first: number, last: number) => boolean | undefined;
  /**
   * The clock of `Message.expiresAtMs`, in milliseconds; for simulations.
   *
   * @defaultValue `performance.timeOrigin + performance.now()`
   */
  readonly clock?: () => number;
}

/** The names of all options. */
export const accessUnitCarrierOptionNames: ReadonlySet<string> = new Set([
  "name",
  "send",
  "limits",
  "keyFrameIntervalMs",
  "flows",
  "listens",
  "reached",
  "clock",
] satisfies (keyof AccessUnitCarrierOptions)[]);

/** Counts of an `AccessUnitCarrier` since its construction. */
export interface AccessUnitCarrierStats {
  /** Access units that left. */
  readonly accessUnits: number;
  /** Access units that left without the messages of a publisher, or not at all, because something failed, and other failures that were reported. */
  readonly failures: number;
}
