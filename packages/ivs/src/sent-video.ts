/** What the browser counts of one encoded stream. */
export interface SentLayer {
  readonly frames: number;
  readonly keyFrames: number;
}

/** What the browser counts of the video that a stage stream sends. */
export interface SentVideo {
  /** As `video/H264`; undefined until the codec is negotiated, or if the browser does not tell it. */
  readonly mimeType: string | undefined;
  /** Its encoded streams by SSRC: one, or the layers of simulcast. */
  readonly layers: ReadonlyMap<string, SentLayer>;
}

/** The entries of an `RTCStatsReport` that are read: RTCOutboundRtpStreamStats and RTCCodecStats. */
interface StatsEntry {
  readonly id: string;
  readonly type: string;
  readonly kind?: string;
  readonly ssrc?: number;
  readonly codecId?: string;
  readonly mimeType?: string;
  readonly framesEncoded?: number;
  readonly framesSent?: number;
  readonly keyFramesEncoded?: number;
}

/** Reads an `RTCStatsReport`; undefined while nothing is sent. */
export function readSentVideo(report: unknown): SentVideo | undefined {
  if (typeof (report as Map<string, unknown> | undefined)?.values !== "function") return undefined;
  const entries = [...(report as Map<string, StatsEntry>).values()];
  const outbound = entries.filter(({ type, kind }) => type === "outbound-rtp" && kind === "video");
  if (outbound.length === 0) return undefined;
  const codecId = outbound.find(({ codecId }) => codecId !== undefined)?.codecId;
  const layers = outbound.map(({ ssrc, framesSent, framesEncoded, keyFramesEncoded }): [string, SentLayer] => [
    String(ssrc),
    { frames: framesSent ?? framesEncoded ?? 0, keyFrames: keyFramesEncoded ?? 0 },
  ]);
  return { mimeType: entries.find(({ id }) => id === codecId)?.mimeType, layers: new Map(layers) };
}
