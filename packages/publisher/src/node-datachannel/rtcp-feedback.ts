/** Packet type of payload-specific feedback (RFC 4585 6.1). */
const payloadSpecificFeedback = 206;
/** FMT of a Picture Loss Indication (RFC 4585 6.3.1). */
const pictureLossIndication = 1;
/** FMT of a Full Intra Request (RFC 5104 4.3.1). */
const fullIntraRequest = 4;
/** FMT of application layer feedback (RFC 4585 6.4), which carries REMB. */
const applicationLayerFeedback = 15;
const rembName = 0x52454d42;

/** What receivers ask of a stream. */
export interface FeedbackVisitor {
  keyFrameWish(): void;
  /** By Receiver Estimated Maximum Bitrate (draft-alvestrand-rmcat-remb-03 2.2). */
  bitrate(bitsPerSecond: number): void;
}

/** Reads what a compound RTCP packet asks of the stream with this SSRC. Never throws for any bytes; RTP has nothing. */
export function readFeedback(bytes: Uint8Array, ssrc: number, visitor: FeedbackVisitor): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let at = 0;
  while (at + 12 <= bytes.length) {
    const end = at + 4 + view.getUint16(at + 2) * 4;
    if (view.getUint8(at) >> 6 !== 2 || end > bytes.length) return;
    if (view.getUint8(at + 1) === payloadSpecificFeedback) readPacket(view, at, end, ssrc, visitor);
    at = end;
  }
}

function readPacket(view: DataView, at: number, end: number, ssrc: number, visitor: FeedbackVisitor): void {
  const format = view.getUint8(at) & 31;
  const entries = at + 12;
  if (format === pictureLossIndication && entries <= end) {
    if (view.getUint32(at + 8) === ssrc) visitor.keyFrameWish();
  } else if (format === fullIntraRequest) {
    for (let entry = entries; entry + 8 <= end; entry += 8) {
      if (view.getUint32(entry) === ssrc) visitor.keyFrameWish();
    }
  } else if (format === applicationLayerFeedback && entries + 8 <= end && view.getUint32(entries) === rembName) {
    const exponent = view.getUint8(entries + 5) >> 2;
    const mantissa = view.getUint32(entries + 4) & 0x3ffff;
    const bitsPerSecond = mantissa * 2 ** exponent;
    // Receivers that have no estimate yet say 0.
    if (bitsPerSecond > 0) visitor.bitrate(bitsPerSecond);
  }
}
