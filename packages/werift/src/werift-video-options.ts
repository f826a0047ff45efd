import type { AccessUnitCarrierStats, CarrierLimits } from "@inband/stream";

/** Settings of a `WeriftVideo`. */
export interface WeriftVideoOptions {
  /**
   * Names the carrier in receipts.
   *
   * @defaultValue `werift`
   */
  readonly name?: string;
  /**
   * What SEI may take.
   *
   * @defaultValue `defaultCarrierLimits`
   */
  readonly limits?: CarrierLimits;
  /**
   * Most bytes of an RTP payload.
   *
   * @defaultValue 1170
   */
  readonly maxPayloadBytes?: number;
  /**
   * Packets that leave in one millisecond.
   *
   * @defaultValue 32
   */
  readonly packetsPerMs?: number;
  /**
   * How long one request for a key frame answers all others, in milliseconds.
   *
   * @defaultValue 100
   */
  readonly keyFrameIntervalMs?: number;
}

/** The names of all options. */
export const weriftVideoOptionNames: ReadonlySet<string> = new Set([
  "name",
  "limits",
  "maxPayloadBytes",
  "packetsPerMs",
  "keyFrameIntervalMs",
] satisfies (keyof WeriftVideoOptions)[]);

/** Counts of a `WeriftVideo` since its construction. */
export interface WeriftVideoStats extends AccessUnitCarrierStats {
  /** Access units that were left out because the pacer was full. */
  readonly droppedAccessUnits: number;
  /** RTP packets handed to the connections, each counted once however many peers there are. */
  readonly packets: number;
  /** Packets that peers with transport-cc have reported as lost, all peers together. */
  readonly lostPackets: number;
  /** Peers that the video reaches at the moment. */
  readonly peers: number;
}
