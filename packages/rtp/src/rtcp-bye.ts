import { RtcpPacketType, splitRtcp } from "./rtcp-packet.ts";

/** The SSRCs that leave by a BYE in a compound RTCP packet. Never throws for any bytes. RFC 3550 6.6. */
export function byeSources(bytes: Uint8Array): number[] {
  const sources: number[] = [];
  for (const { type, count, body } of splitRtcp(bytes)) {
    if (type !== RtcpPacketType.Bye) continue;
    const end = Math.min(body.byteLength, 4 * count);
    for (let at = 0; at + 4 <= end; at += 4) sources.push(body.getUint32(at));
  }
  return sources;
}
