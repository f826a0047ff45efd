import { isSliceDataType } from "../framed-nal-unit.ts";
import { NalUnitType } from "../nal-unit.ts";
import { RtpPayloadType } from "./rtp-payload.ts";

/**
 * Whether a RTP payload goes on with the picture of the packet before it, of the same timestamp: a fragment that begins
 * no NAL unit, or a slice whose first_mb_in_slice, an Exp-Golomb code, is not 0. ITU-T H.264 7.3.3.
 */
export function continuesPicture(payload: Uint8Array): boolean {
  const type = (payload[0] as number) & 31;
  if (type === RtpPayloadType.FuA) {
    const fu = payload[1] ?? 0;
    return fu < 0x80 || continues(fu & 31, payload[2] ?? 0);
  }
  return type === RtpPayloadType.StapA
    ? continues((payload[3] ?? 0) & 31, payload[4] ?? 0)
    : continues(type, payload[1] ?? 0);
}

function continues(type: number, first: number): boolean {
  if (!isSliceDataType(type)) return false;
  const hasFirstMb = type === NalUnitType.SliceNonIdr || type === NalUnitType.SliceIdr;
  return !(hasFirstMb || type === NalUnitType.DataPartitionA) || first < 0x80;
}
