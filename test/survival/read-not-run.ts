/** What is known of a server that cannot be run here. */
export interface ReadNotRun {
  readonly name: string;
  readonly fate: string;
  /** Where that stands: threads as they were in November 2026, sources at the commit named. */
  readonly evidence: string;
}

/** What sources and threads say. Nothing here was run. */
export const readNotRun: readonly ReadNotRun[] = [
  {
    name: "MediaMTX",
    fate: "Kept: its remuxer drops and inserts SPS, PPS and AUD alone. Since September 2026 its WebRTC output leaves out type 5 of one UUID of DJI, because access units of SEI alone froze Chrome and Firefox. Its RTMP reader joins SEI that comes alone to the next picture.",
    evidence:
      "source `internal/stream/unit_remuxer.go:117-165` at 3e09466 (22 August 2026); bluenviron/mediamtx #6051, PR #6243; bluenviron/gortmplib #130",
  },
  {
    name: "go2rtc",
    fate: "Dropped: repairing AVCC strips SEI at the front, and so does its RTP depayloader, for WebRTC, RTSP, MP4 and MPEG-TS.",
    evidence:
      "source `pkg/h264/avcc.go:20`, `pkg/h264/rtp.go:44-75` at dc1685e (17 March 2026); AlexxIT/go2rtc #618; Frigate takes its streams from it",
  },
  {
    name: "SRS 6, 7",
    fate: "Kept. For WebRTC `keep_avc_nalu_sei off` drops all of it, which was added because VideoToolbox of iOS stutters where there is much.",
    evidence: "ossrs/srs #4052, PR #4057; source `full.conf:565-571` at 101382a (15 October 2024)",
  },
  {
    name: "OvenMediaEngine",
    fate: "Kept in MPEG-TS (600 of 600 in a report) and WebRTC; about half lost in the segments of LL-HLS. SEI by its own API was dropped until August 2026.",
    evidence: "AirenSoft/OvenMediaEngine #1857 (open), PR #2305",
  },
  {
    name: "LiveKit",
    fate: "Its SFU forwards RTP, so SEI should pass; nobody was found who says so. Ingress encodes again by default, and composite egress always: lost. Its own frame metadata is no SEI.",
    evidence: "livekit/egress #1299 (open); source of ingress (August 2026)",
  },
  {
    name: "Dolby Millicast",
    fate: "Kept on layers that pass through, lost in its transcoder. It adds SEI of its own: UTC on request, SCTE-35 on 20 pictures in a row.",
    evidence: "THEOplayer/documentation PR #734 (July 2026), PR #783; medooze/media-server PR #296",
  },
  {
    name: "Amazon IVS real-time",
    fate: "Kept on a stage, where it is a feature: 1024 bytes a message, 10 240 bytes a second. Of composition and recording, which encode again, no statement was found.",
    evidence:
      "documentation of AWS; its Web Broadcast SDK is run against the stage of this repository ([interop.md](interop.md))",
  },
  {
    name: "Ant Media",
    fate: "Has an API that adds SEI; with it HLS fails to be written. Adaptive bitrate encodes again.",
    evidence: "ant-media/Ant-Media-Server #6407 (open), PR #6408",
  },
  {
    name: "Wowza Streaming Engine",
    fate: "Passes: its own latency probe needs it.",
    evidence: "WowzaMediaSystems/webrtc-examples PR #109 (open)",
  },
  {
    name: "pion",
    fate: "RTP passes; its readers of `.h264` and `.h265` files skip SEI unless they are told otherwise (`WithIncludeSEI`).",
    evidence: "source at 3234944; pion/webrtc PR #3313",
  },
  {
    name: "Cloudflare Realtime",
    fate: "Unknown. It forwards H.264.",
    evidence: "cloudflare/cloudflare-docs PR #25033",
  },
];
