import { RtcpPacketType, splitRtcp } from "./rtcp-packet.ts";

/** FMT of a Picture Loss Indication (RFC 4585 6.3.1). */
const pictureLossIndication = 1;
/** FMT of a Full Intra Request (RFC 5104 4.3.1). */
const fullIntraRequest = 4;
/** FMT of application layer feedback (RFC 4585 6.4), which carries REMB. */
const applicationLayerFeedback = 15;
const rembName = 0x52454d42;
/** The SSRCs of the sender and of the media source. */
const sourcesBytes = 8;

/** What receivers ask of a stream. */
export interface PayloadFeedbackVisitor {
  /** By PLI or FIR. */
  keyFrameRequest(): void;
  /** By Receiver Estimated Maximum Bitrate (draft-alvestrand-rmcat-remb-03 2.2). */
  bitrate(bitsPerSecond: number): void;
}

/**
 * Reads what a compound RTCP packet asks of the stream with this SSRC. Never throws for any bytes; RTP asks for nothing.
 */
export function readPayloadFeedback(bytes: Uint8Array, ssrc: number, visitor: PayloadFeedbackVisitor): void {
  for (const { type, count: format, body } of splitRtcp(bytes)) {
    if (type !== RtcpPacketType.PayloadFeedback || body.byteLength < sourcesBytes) continue;
    if (format === pictureLossIndication) {
      if (body.getUint32(4) === ssrc) visitor.keyFrameRequest();
    } else if (format === fullIntraRequest) {
      for (let at = sourcesBytes; at + 8 <= body.byteLength; at += 8) {
        if (body.getUint32(at) === ssrc) visitor.keyFrameRequest();
      }
    } else if (format === applicationLayerFeedback) readRemb(body, visitor);
  }
}

function readRemb(body: DataView, visitor: PayloadFeedbackVisitor): void {
  if (body.byteLength < sourcesBytes + 8 || body.getUint32(sourcesBytes) !== rembName) return;
  const exponent = body.getUint8(sourcesBytes + 5) >> 2;
  const mantissa = body.getUint32(sourcesBytes + 4) & 0x3ffff;
  const bitsPerSecond = mantissa * 2 ** exponent;
  // Receivers that have no estimate yet say 0.
  if (bitsPerSecond > 0) visitor.bitrate(bitsPerSecond);
}
