import type { CarrierLimits } from "@inband/stream";

/** Settings of `openSink`. */
export interface SinkOptions {
  /**
   * Names the carrier in receipts.
   *
   * @defaultValue the output without its credentials
   */
  readonly name?: string;
  /**
   * What SEI may take.
   *
   * @defaultValue `defaultCarrierLimits` of `@inband/stream`
   */
  readonly limits?: CarrierLimits;
  /**
   * How long a server may take to answer, in milliseconds.
   *
   * @defaultValue 5000
   */
  readonly connectWithinMs?: number;
  /** Ends opening by throwing its reason. Once the sink is open, it has no effect. */
  readonly signal?: AbortSignal;
}

/** The names of all options. */
export const sinkOptionNames: ReadonlySet<string> = new Set([
  "name",
  "limits",
  "connectWithinMs",
  "signal",
] satisfies (keyof SinkOptions)[]);
