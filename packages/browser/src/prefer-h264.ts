import { NoH264Error } from "@inband/stream";

/**
 * Negotiates H.264 alone, with retransmission, for a transceiver of video. Call it before the offer or the answer is made.
 *
 * @throws NoH264Error `not-here` where the browser has no H.264 for WebRTC, as a Firefox without the OpenH264 plugin.
 */
export function preferH264(transceiver: RTCRtpTransceiver): void {
  const missing = missingH264();
  if (missing) throw missing;
  transceiver.setCodecPreferences(
    videoCodecs().filter((codec) => isH264(codec) || /^video\/rtx$/i.test(codec.mimeType)),
  );
}

/** Why this browser cannot receive the video, where it cannot. */
export function missingH264(): NoH264Error | undefined {
  const codecs = videoCodecs();
  if (codecs.some(isH264)) return undefined;
  const names = codecs.map(({ mimeType }) => mimeType.replace(/^video\//i, ""));
  return new NoH264Error(
    "not-here",
    [...new Set(names)].filter((name) => !/^(rtx|red|ulpfec|flexfec-03)$/i.test(name)),
  );
}

function videoCodecs(): readonly RTCRtpCodec[] {
  return RTCRtpReceiver.getCapabilities("video")?.codecs ?? [];
}

function isH264({ mimeType }: RTCRtpCodec): boolean {
  return /^video\/h264$/i.test(mimeType);
}
