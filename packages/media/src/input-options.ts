/** A live input without sound would otherwise be searched for it: for 5 seconds, or until its publisher stops. */
const liveAnalysis = { analyzeduration: "500000", probesize: "500000" } as const;

const bySchemes: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  rtmp: { ...liveAnalysis, rtmp_live: "live" },
  rtmps: { ...liveAnalysis, rtmp_live: "live" },
  // Over UDP a packet that is lost takes its messages along, and NAT lets nothing through.
  rtsp: { ...liveAnalysis, rtsp_transport: "tcp" },
  rtsps: { ...liveAnalysis, rtsp_transport: "tcp" },
  srt: liveAnalysis,
  udp: liveAnalysis,
  tcp: liveAnalysis,
  // FLV over HTTP is as live as RTMP; of a file there, the beginning says enough.
  http: { analyzeduration: "500000" },
  https: { analyzeduration: "500000" },
};

/** What FFmpeg is told to open an input with, by the scheme of its URL. */
export function inputOptions(input: string): Readonly<Record<string, string>> | undefined {
  return bySchemes[/^([a-z]+):/i.exec(input)?.[1]?.toLowerCase() ?? ""];
}
