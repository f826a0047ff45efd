import type { AccessUnit } from "@inband/h264";
import type { CarrierLimits } from "./sei-carrier.ts";

/** Settings of an `AccessUnitCarrier`. */
export interface AccessUnitCarrierOptions {
  /** Names the carrier, and its stream, in receipts. */
  readonly name: string;
  /**
   * Sends one access unit, with the messages inside and with its RTP timestamp. What it throws, or what its promise
   * rejects with, is reported to the publishers. Where it throws, or returns `"dropped"`, the access unit did not leave,
   * and its messages wait for the next one; where it throws with messages, it is called once more without them.
   */
  readonly send: (accessUnit: AccessUnit, rtpTimestamp: number) => unknown;
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
  "clock",
] satisfies (keyof AccessUnitCarrierOptions)[]);

/** Counts of an `AccessUnitCarrier` since its construction. */
export interface AccessUnitCarrierStats {
  /** Access units that left. */
  readonly accessUnits: number;
  /** Access units that left without the messages of a publisher, or not at all, because something failed, and other failures that were reported. */
  readonly failures: number;
}
