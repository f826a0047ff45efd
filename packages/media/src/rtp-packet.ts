import type { H264RtpPacket } from "@inband/h264/rtp";

/** An RTP packet of a stream. */
export interface RtpPacket extends H264RtpPacket {
  readonly payloadType: number;
  readonly ssrc: number;
}

/**
 * Reads an RTP packet (RFC 3550 5.1); the payload is a view without header extensions and padding. Undefined when the
 * bytes are none.
 */
export function readRtpPacket(bytes: Uint8Array): RtpPacket | undefined {
  const [first = 0, second = 0] = bytes;
  if (bytes.length < 12 || first >> 6 !== 2) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let start = 12 + 4 * (first & 15);
  if (first & 0x10) {
    if (start + 4 > bytes.length) return undefined;
    start += 4 + 4 * view.getUint16(start + 2);
  }
  const padding = first & 0x20 ? (bytes[bytes.length - 1] as number) : 0;
  const end = bytes.length - padding;
  if (start > end || (first & 0x20 && padding === 0)) return undefined;
  return {
    payload: bytes.subarray(start, end),
    payloadType: second & 0x7f,
    marker: second >= 0x80,
    sequenceNumber: view.getUint16(2),
    rtpTimestamp: view.getUint32(4),
    ssrc: view.getUint32(8),
  };
}

/** Whether bytes are an RTCP packet among RTP packets (RFC 5761 4). */
export function isRtcp(bytes: Uint8Array): boolean {
  const [first = 0, second = 0] = bytes;
  return bytes.length >= 4 && first >> 6 === 2 && second >= 192 && second <= 223;
}
