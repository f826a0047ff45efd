import type { RtpPosition } from "../rtp-access-units.ts";

const headerBytes = 12;

/** An RTP packet as far as it matters here. */
export interface RtpPacket extends RtpPosition {
  readonly ssrc: number;
  readonly payloadType: number;
  /** A view, without padding. */
  readonly payload: Uint8Array;
}

/** Takes an RTP packet apart (RFC 3550 5.1). Undefined for RTCP (RFC 5761 4) and for what is broken. */
export function parseRtpPacket(bytes: Uint8Array): RtpPacket | undefined {
  if (bytes.length < headerBytes) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const first = view.getUint8(0);
  const second = view.getUint8(1);
  if (first >> 6 !== 2 || (second >= 192 && second <= 223)) return undefined;
  let start = headerBytes + (first & 15) * 4;
  if (first & 0x10) {
    if (start + 4 > bytes.length) return undefined;
    start += 4 + view.getUint16(start + 2) * 4;
  }
  const end = bytes.length - (first & 0x20 ? (bytes.at(-1) as number) : 0);
  if (start > end) return undefined;
  return {
    sequenceNumber: view.getUint16(2),
    timestamp: view.getUint32(4),
    ssrc: view.getUint32(8),
    payloadType: second & 0x7f,
    payload: bytes.subarray(start, end),
  };
}
