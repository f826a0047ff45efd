import { connectWhep } from "@inband/browser/whip";

declare global {
  var playSound: (url: string, token: string) => Promise<void>;
  var soundStats: () => Promise<SoundStats>;
}

/** What Chromium knows of what it plays. */
export interface SoundStats {
  readonly audioPackets: number;
  readonly samplesPlayed: number;
  readonly concealedSamples: number;
  /** Of 0 for silence to 1. */
  readonly loudness: number;
  readonly framesDecoded: number;
  /** How far the sound is ahead of the picture by the clock of their sender, in milliseconds; undefined while unknown. */
  readonly aheadMs: number | undefined;
  /** Streams that the tracks belong to. */
  readonly streams: readonly string[];
}

let peerConnection: RTCPeerConnection;
const streams = new Set<string>();

globalThis.playSound = async (url, token) => {
  peerConnection = new RTCPeerConnection();
  peerConnection.addTransceiver("video", { direction: "recvonly" });
  peerConnection.addTransceiver("audio", { direction: "recvonly" });
  const video = document.createElement("video");
  document.body.append(video);
  peerConnection.addEventListener("track", ({ streams: [stream] }) => {
    if (!stream) return;
    streams.add(stream.id);
    video.srcObject = stream;
    void video.play();
  });
  await connectWhep(peerConnection, { url, token });
};

globalThis.soundStats = async () => {
  const stats: Record<string, Record<string, number>> = {};
  for (const report of (await peerConnection.getStats()).values()) {
    if (report.type === "inbound-rtp") stats[report.kind] = report;
  }
  const { audio = {}, video = {} } = stats;
  const aheadMs = (audio.estimatedPlayoutTimestamp ?? Number.NaN) - (video.estimatedPlayoutTimestamp ?? Number.NaN);
  return {
    audioPackets: audio.packetsReceived ?? 0,
    samplesPlayed: audio.totalSamplesReceived ?? 0,
    concealedSamples: audio.concealedSamples ?? 0,
    loudness: audio.audioLevel ?? 0,
    framesDecoded: video.framesDecoded ?? 0,
    aheadMs: Number.isFinite(aheadMs) ? aheadMs : undefined,
    streams: [...streams],
  };
};
