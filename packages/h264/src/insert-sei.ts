import type { AccessUnit } from "./access-unit.ts";
import { isVclNalUnitType, NalUnitType, nalUnitType } from "./nal-unit.ts";
import { findStartCodeNear, trimTrailingZeros } from "./start-code.ts";

/**
 * The access unit with the NAL units inserted where SEI belongs: after the access unit delimiter, the parameter sets and
 * the existing SEI, before the first VCL NAL unit or its prefix NAL unit. ITU-T H.264 7.4.1.2.3, G.7.4.1.2.
 *
 * Makes a new list and copies no bytes. Returns the access unit itself when there is nothing to insert, and when it has
 * no VCL NAL unit: an access unit of SEI alone is none.
 */
export function insertSei(accessUnit: AccessUnit, nals: readonly Uint8Array[]): AccessUnit {
  if (nals.length === 0) return accessUnit;
  const { nalUnits } = accessUnit;
  let at = 0;
  while (at < nalUnits.length && !isVclNalUnitType(nalUnitType(nalUnits[at] as Uint8Array))) at += 1;
  if (at === nalUnits.length) return accessUnit;
  while (at > 0 && nalUnitType(nalUnits[at - 1] as Uint8Array) === NalUnitType.Prefix) at -= 1;
  return { ...accessUnit, nalUnits: [...nalUnits.slice(0, at), ...nals, ...nalUnits.slice(at)] };
}

/**
 * As {@link insertSei}, for one Annex B access unit: a fresh buffer with 4-byte start codes before what was inserted and
 * all other bytes as they were. Returns `bytes` itself when there is nothing to insert or no VCL NAL unit.
 */
export function insertSeiAnnexB(bytes: Uint8Array, nals: readonly Uint8Array[]): Uint8Array {
  if (nals.length === 0) return bytes;
  const at = insertionOffset(bytes);
  if (at < 0) return bytes;
  let inserted = 0;
  for (const nal of nals) inserted += 4 + nal.length;
  const result = new Uint8Array(bytes.length + inserted);
  result.set(bytes.subarray(0, at));
  let offset = at;
  for (const nal of nals) {
    result[offset + 3] = 1;
    result.set(nal, offset + 4);
    offset += 4 + nal.length;
  }
  result.set(bytes.subarray(at), offset);
  return result;
}

/** Offset of the start code, its zero_byte included, of the first VCL NAL unit or its prefix NAL unit; -1 without one. */
function insertionOffset(bytes: Uint8Array): number {
  let prefix = -1;
  let code = findStartCodeNear(bytes, 0);
  while (code + 3 < bytes.length) {
    const type = (bytes[code + 3] as number) & 31;
    if (isVclNalUnitType(type)) {
      const at = prefix < 0 ? code : prefix;
      return at > 0 && bytes[at - 1] === 0 ? at - 1 : at;
    }
    const next = findStartCodeNear(bytes, code + 3);
    // A start code with nothing behind it does not part a prefix NAL unit from its slice.
    if (type === NalUnitType.Prefix) prefix = prefix < 0 ? code : prefix;
    else if (trimTrailingZeros(bytes, code + 3, next) > code + 3) prefix = -1;
    code = next;
  }
  return -1;
}
