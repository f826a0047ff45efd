import { isSliceDataType, walkFramed } from "../framed-nal-unit.ts";
import { NalUnitType } from "../nal-unit.ts";
import { RtpPayloadType } from "./rtp-payload.ts";
import { walkStapA } from "./walk-stap-a.ts";

/**
 * Visits the SEI NAL units of one RTP payload that stand before its first slice, as views. RFC 6184 5.6, 5.7.1.
 *
 * Single NAL unit packets and STAP-A are complete in themselves, so this needs no reordering and no other packet, and
 * may run on each packet as it arrives; so is a FU-A with both start and end bit, against 5.8, whose NAL unit is a fresh
 * buffer. Where senders frame a byte stream as one NAL unit, it is split. Never throws for any bytes (what `visit` throws
 * goes through); what stands before a defect in a STAP-A is visited.
 *
 * @returns false when the payload is a fragment (FU-A) of a NAL unit that is no slice, of SEI as a rule: only
 * `RtpReorder` and `H264Depayloader` can complete it; true for all other payloads, of which nothing is left to find.
 */
export function forEachSei(rtpPayload: Uint8Array, visit: (nal: Uint8Array) => void): boolean {
  if (rtpPayload.length === 0) return true;
  const visitFramed = (framed: Uint8Array): void => {
    if (isSliceDataType((framed[0] ?? 0) & 31)) return;
    walkFramed(framed, "never", (nal) => {
      if (((nal[0] as number) & 31) === NalUnitType.Sei) visit(nal);
    });
  };
  const type = (rtpPayload[0] as number) & 31;
  if (type === RtpPayloadType.FuA) {
    const fu = rtpPayload[1] ?? 1;
    if (isSliceDataType(fu & 31)) return true;
    if (fu < 0xc0) return false;
    // Not slice: that of a Buffer is a view.
    const nal = new Uint8Array(rtpPayload.subarray(1));
    nal[0] = ((rtpPayload[0] as number) & 0xe0) | (fu & 31);
    visitFramed(nal);
    return true;
  }
  if (type < RtpPayloadType.StapA) visitFramed(rtpPayload);
  else if (type === RtpPayloadType.StapA) walkStapA(rtpPayload, visitFramed);
  return true;
}
