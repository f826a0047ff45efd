/** Packet types of RTCP. RFC 3550 12.1 and RFC 4585 6.1. */
export const RtcpPacketType = {
  SenderReport: 200,
  ReceiverReport: 201,
  SourceDescription: 202,
  Bye: 203,
  /** NACK and transport-cc, told apart by the format. */
  TransportFeedback: 205,
  /** PLI, FIR and REMB, told apart by the format. */
  PayloadFeedback: 206,
} as const;

/** One packet of a compound RTCP packet. RFC 3550 6.1. */
export interface RtcpPacket {
  /** One of {@link RtcpPacketType}, or another. */
  readonly type: number;
  /** The five bits beside the version: a count of reports or sources, or the format of feedback. */
  readonly count: number;
  /** What follows the header of four bytes, padding included. */
  readonly body: DataView;
}

const headerBytes = 4;

/** The packets of a compound RTCP packet, up to the first that is broken. Never throws for any bytes. RFC 3550 6.1. */
export function splitRtcp(bytes: Uint8Array): RtcpPacket[] {
  const packets: RtcpPacket[] = [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 0; at + headerBytes <= bytes.length; ) {
    const first = view.getUint8(at);
    const bodyBytes = 4 * view.getUint16(at + 2);
    const start = at + headerBytes;
    if (first >> 6 !== 2 || start + bodyBytes > bytes.length) break;
    const body = new DataView(bytes.buffer, bytes.byteOffset + start, bodyBytes);
    packets.push({ type: view.getUint8(at + 1), count: first & 31, body });
    at = start + bodyBytes;
  }
  return packets;
}
