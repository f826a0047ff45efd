import { isVclNalUnitType, seiNalUnitType } from "./nal-unit.ts";
import { findStartCodeNear, trimTrailingZeros } from "./start-code.ts";

/**
 * The SEI NAL units of an Annex B access unit that stand before its first VCL NAL unit, as views.
 *
 * Reads nothing from the first VCL NAL unit on, so the time does not depend on the size of the picture: no SEI may
 * follow it (ITU-T H.264 7.4.1.2.3).
 */
export function findSeiAnnexB(bytes: Uint8Array): Uint8Array[] {
  const found: Uint8Array[] = [];
  const length = bytes.length;
  let code = findStartCodeNear(bytes, 0);
  while (code + 3 < length) {
    const start = code + 3;
    const type = (bytes[start] as number) & 31;
    if (isVclNalUnitType(type)) break;
    code = findStartCodeNear(bytes, start);
    if (type === seiNalUnitType) found.push(bytes.subarray(start, trimTrailingZeros(bytes, start, code)));
  }
  return found;
}
