import { NalUnitType } from "../nal-unit.ts";
import { RtpPayloadType } from "./rtp-payload.ts";

/**
 * Visits the SEI NAL units of one RTP payload, as views. RFC 6184 5.6, 5.7.1.
 *
 * Single NAL unit packets and STAP-A are complete in themselves, so this needs no reordering and no other packet, and
 * may run on each packet as it arrives. Never throws for any bytes (what `visit` throws goes through); what stands
 * before a defect in a STAP-A is visited.
 *
 * @returns false when the payload is a fragment (FU-A) of a SEI NAL unit, which only `RtpReorder` and `H264Depayloader`
 * can complete; true for all other payloads, of which nothing is left to find.
 */
export function forEachSei(rtpPayload: Uint8Array, visit: (nal: Uint8Array) => void): boolean {
  const length = rtpPayload.length;
  if (length === 0) return true;
  const type = (rtpPayload[0] as number) & 31;
  if (type === RtpPayloadType.FuA) return ((rtpPayload[1] ?? 0) & 31) !== NalUnitType.Sei;
  if (type === NalUnitType.Sei) visit(rtpPayload);
  if (type !== RtpPayloadType.StapA) return true;
  let at = 1;
  while (at + 2 < length) {
    const start = at + 2;
    at = start + (((rtpPayload[at] as number) << 8) | (rtpPayload[at + 1] as number));
    if (at > length) break;
    if (at > start && ((rtpPayload[start] as number) & 31) === NalUnitType.Sei) visit(rtpPayload.subarray(start, at));
  }
  return true;
}
