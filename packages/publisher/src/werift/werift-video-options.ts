import type { CarrierLimits } from "../carrier.ts";

/** Settings of a `WeriftVideo`. */
export interface WeriftVideoOptions {
  /** Names the carrier in receipts. Default `werift`. */
  readonly name?: string;
  /** What SEI may take. Default `defaultCarrierLimits`. */
  readonly limits?: CarrierLimits;
  /** Most bytes of an RTP payload. Default 1170. */
  readonly maxPayloadBytes?: number;
  /** Packets that leave in one millisecond. Default 32. */
  readonly packetsPerMs?: number;
  /** How long one request for a key frame answers all wishes for one, in milliseconds. Default 100. */
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
export interface WeriftVideoStats {
  /** Access units that left. */
  readonly accessUnits: number;
  /** Access units that were left out because the pacer was full. */
  readonly droppedAccessUnits: number;
  /** RTP packets handed to the connections, each counted once however many peers there are. */
  readonly packets: number;
  /** Packets that peers with transport-cc have reported as lost, all peers together. */
  readonly lostPackets: number;
  /** Access units that left without the messages of a publisher, because inserting them failed. */
  readonly failures: number;
  /** Peers that the video reaches at the moment. */
  readonly peers: number;
}
