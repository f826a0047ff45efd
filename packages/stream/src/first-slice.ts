import { NalUnitType } from "@inband/h264";

/**
 * Whether the NAL unit at `at` is the first slice of a picture: its first_mb_in_slice, an Exp-Golomb code, is 0, the single
 * bit 1. ITU-T H.264 7.3.3.
 */
export function isFirstSlice(bytes: Uint8Array, at: number): boolean {
  const type = (bytes[at] ?? 0) & 31;
  return (type === NalUnitType.SliceNonIdr || type === NalUnitType.SliceIdr) && ((bytes[at + 1] ?? 0) & 0x80) !== 0;
}
