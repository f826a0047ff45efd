import { NalUnitType } from "./nal-unit.ts";
import { seiEnd } from "./sei-end.ts";
import { findStartCode, trimTrailingZeros } from "./start-code.ts";

/**
 * What is searched for start codes in the bytes that a length field or a packet frames as one NAL unit.
 *
 * - `never`: what stands in front of the first slice, at a cost that does not depend on the size of pictures.
 * - `if-broken`: the slices as well, once a start code has been found in front of them.
 * - `always`: all of it.
 */
export type SliceSearch = "never" | "if-broken" | "always";

/** Whether a nal_unit_type is one of slice data: 1 to 5 and 19 to 21 (ITU-T H.264 Table 7-1). */
export function isSliceDataType(type: number): boolean {
  return (type > 0 && type < 6) || (type > 18 && type < 22);
}

/**
 * Visits the NAL units in bytes that a length field or a packet frames as one, as views: mostly these bytes themselves.
 * ITU-T H.264 7.4.1 allows no start code in them; some cameras and muxers frame a byte stream as one NAL unit, and decoders
 * split it. A start code inside a SEI message stays part of it.
 *
 * Where slices are not searched, the last view holds everything from the first slice on. Never throws for any bytes (what
 * `visit` throws goes through).
 *
 * @returns Whether there was a start code.
 */
export function walkFramed(framed: Uint8Array, slices: SliceSearch, visit: (nal: Uint8Array) => void): boolean {
  const { length } = framed;
  let start = skipStartCode(framed, 0);
  let isBroken = start > 0;
  for (;;) {
    const type = (framed[start] ?? 0) & 31;
    const isSearched = !isSliceDataType(type) || slices === "always" || (slices === "if-broken" && isBroken);
    const end = !isSearched ? length : type === NalUnitType.Sei ? seiEnd(framed, start) : findStartCode(framed, start);
    if (end === length) {
      if (start < length) visit(start === 0 ? framed : framed.subarray(start));
      return isBroken;
    }
    isBroken = true;
    const last = trimTrailingZeros(framed, start, end);
    if (last > start) visit(framed.subarray(start, last));
    start = skipStartCode(framed, end);
  }
}

/** The offset behind the start code at `from`, its leading zeros included; `from` where there is none. */
export function skipStartCode(bytes: Uint8Array, from: number): number {
  let at = from;
  while (bytes[at] === 0) at += 1;
  return bytes[at] === 1 && at - from > 1 ? at + 1 : from;
}

/**
 * The NAL units in bytes that a length field or a packet frames as one, as views: mostly the argument alone.
 *
 * ITU-T H.264 7.4.1 allows no start code in a NAL unit. Some cameras and muxers frame a byte stream as one all the same,
 * and decoders split it, so this does; a start code inside a SEI message stays part of it. Slices are searched once a
 * start code has been found in front of them, so that it costs nothing where all is well; `always` searches them too,
 * `never` leaves all from the first slice on in one piece. Never throws for any bytes.
 */
export function splitFramed(framed: Uint8Array, slices: SliceSearch = "if-broken"): Uint8Array[] {
  const nals: Uint8Array[] = [];
  walkFramed(framed, slices, (nal) => nals.push(nal));
  return nals;
}
