interface StatsEntry {
  readonly type: string;
  readonly kind?: string;
  readonly framesReceived?: number;
  readonly framesDecoded?: number;
}

/** The frames of video that an `RTCStatsReport` says have been received: RTCInboundRtpStreamStats. */
export function receivedFrames(report: unknown): number {
  if (typeof (report as Map<string, unknown> | undefined)?.values !== "function") return 0;
  return [...(report as Map<string, StatsEntry>).values()]
    .filter(({ type, kind }) => type === "inbound-rtp" && kind === "video")
    .reduce((sum, { framesReceived, framesDecoded }) => sum + (framesReceived ?? framesDecoded ?? 0), 0);
}
