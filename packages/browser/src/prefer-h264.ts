import { NoH264Error } from "@inband/stream";

/**
 * Negotiates H.264 alone, with retransmission, for a transceiver of video. Call it before the offer or the answer is made.
 *
 * @throws NoH264Error where the browser has no H.264 for WebRTC, as a Firefox without the OpenH264 plugin.
 */
export function preferH264(transceiver: RTCRtpTransceiver): void {
  const codecs = RTCRtpReceiver.getCapabilities("video")?.codecs ?? [];
  const isH264 = ({ mimeType }: { readonly mimeType: string }): boolean => /^video\/h264$/i.test(mimeType);
  if (!codecs.some(isH264)) {
    throw new NoH264Error("no-common-codec", [
      ...new Set(codecs.map(({ mimeType }) => mimeType.replace(/^video\//i, ""))),
    ]);
  }
  transceiver.setCodecPreferences(codecs.filter((codec) => isH264(codec) || /^video\/rtx$/i.test(codec.mimeType)));
}
