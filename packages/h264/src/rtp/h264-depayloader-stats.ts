/** Counts of a `H264Depayloader` since its construction. */
export interface H264DepayloaderStats {
  /** Packets pushed. */
  readonly packets: number;
  /** Sequence numbers that were jumped over. */
  readonly lost: number;
  /** Packets that were left out: duplicates, not reordered, or a far jump that the next packet did not follow. */
  readonly stale: number;
  /** Fragments without the fragments before them, and fragmented NAL units without their end. */
  readonly brokenFragments: number;
  /** Payloads that are malformed, including those with the F bit set. */
  readonly malformed: number;
  /** NAL units that were left out because their access unit exceeded `maxAccessUnitBytes`. */
  readonly tooLarge: number;
  /** Payloads that held several NAL units with start codes between or before them, against H.264 7.4.1; they were split. */
  readonly startCodes: number;
  /** Markers behind which the same picture went on. */
  readonly earlyMarkers: number;
  /** Packets of types that inband does not take, by name: STAP-B, MTAP16, MTAP24, FU-B (interleaved mode) or "type N". */
  readonly refused: Readonly<Record<string, number>>;
}
