/** Makes a transceiver offer one codec only, with retransmission. */
export function preferCodec(transceiver: RTCRtpTransceiver, mimeType: string): void {
  const codecs = RTCRtpSender.getCapabilities("video")?.codecs ?? [];
  transceiver.setCodecPreferences(
    codecs.filter((codec) => codec.mimeType === mimeType || codec.mimeType === "video/rtx"),
  );
}
