/** An RTP packet without its CSRCs, header extensions and padding. RFC 3550 5.1. */
export interface RtpPacket {
  /** A view; empty for a packet of padding alone. */
  readonly payload: Uint8Array;
  readonly payloadType: number;
  /** The marker bit: for video, the last packet of an access unit. */
  readonly marker: boolean;
  /** 16 bits. */
  readonly sequenceNumber: number;
  /** Ticks of the payload's clock, 32 bits. */
  readonly rtpTimestamp: number;
  readonly ssrc: number;
}

const fixedHeaderBytes = 12;

/**
 * Reads an RTP packet. RFC 3550 5.1.
 *
 * @returns Undefined for RTCP (RFC 5761 4) and for bytes that are not a whole packet. Never throws.
 */
export function parseRtpPacket(bytes: Uint8Array): RtpPacket | undefined {
  if (bytes.length < fixedHeaderBytes || isRtcp(bytes)) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const first = view.getUint8(0);
  const second = view.getUint8(1);
  if (first >> 6 !== 2) return undefined;
  let start = fixedHeaderBytes + 4 * (first & 15);
  if (first & 0x10) {
    if (start + 4 > bytes.length) return undefined;
    start += 4 + 4 * view.getUint16(start + 2);
  }
  const hasPadding = (first & 0x20) !== 0;
  const paddingBytes = hasPadding ? view.getUint8(bytes.length - 1) : 0;
  const end = bytes.length - paddingBytes;
  if (start > end || (hasPadding && paddingBytes === 0)) return undefined;
  return {
    payload: bytes.subarray(start, end),
    payloadType: second & 0x7f,
    marker: second >= 0x80,
    sequenceNumber: view.getUint16(2),
    rtpTimestamp: view.getUint32(4),
    ssrc: view.getUint32(8),
  };
}

/** Whether bytes are an RTCP packet among RTP packets. RFC 5761 4. */
export function isRtcp(bytes: Uint8Array): boolean {
  const [first = 0, second = 0] = bytes;
  return bytes.length >= 4 && first >> 6 === 2 && second >= 192 && second <= 223;
}
