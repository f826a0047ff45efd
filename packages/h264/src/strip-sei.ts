import type { AccessUnit } from "./access-unit.ts";
import { unescapeEbsp } from "./emulation-prevention.ts";
import { walkFramed } from "./framed-nal-unit.ts";
import { NalUnitType, nalUnitType } from "./nal-unit.ts";
import { buildSei } from "./sei.ts";
import { seiEnd } from "./sei-end.ts";
import { type SeiMessage, walkSei } from "./sei-message.ts";
import { trimTrailingZeros } from "./start-code.ts";

/**
 * The access unit without the SEI messages for which `predicate` returns true. ITU-T H.264 7.3.2.3.
 *
 * Only the SEI NAL units that lose a message are written anew, those that lose all of them are left out, and all others
 * stay byte for byte. A broken SEI NAL unit stays as it is, and what stands behind a start code in one (7.4.1) becomes a
 * NAL unit of its own when the SEI is written anew. Returns the access unit itself when nothing is stripped.
 */
export function stripSei(accessUnit: AccessUnit, predicate: (message: SeiMessage) => boolean): AccessUnit {
  let isStripped = false;
  const nalUnits: Uint8Array[] = [];
  for (const nal of accessUnit.nalUnits) {
    if (nalUnitType(nal) !== NalUnitType.Sei) {
      nalUnits.push(nal);
      continue;
    }
    const end = seiEnd(nal);
    const sei = end < nal.length ? nal.subarray(0, trimTrailingZeros(nal, 1, end)) : nal;
    const kept = strip(sei, predicate);
    if (kept === sei) {
      nalUnits.push(nal);
      continue;
    }
    isStripped = true;
    if (kept !== undefined) nalUnits.push(kept);
    if (end < nal.length) walkFramed(nal.subarray(end), "always", (behind) => nalUnits.push(behind));
  }
  return isStripped ? { ...accessUnit, nalUnits } : accessUnit;
}

function strip(nal: Uint8Array, predicate: (message: SeiMessage) => boolean): Uint8Array | undefined {
  if ((nal[0] as number) & 0x80) return nal;
  const rbsp = unescapeEbsp(nal);
  const kept: SeiMessage[] = [];
  let count = 0;
  const ending = walkSei(rbsp, (payloadType, start, end) => {
    count += 1;
    const message = { payloadType, payload: rbsp.subarray(start, end) };
    if (!predicate(message)) kept.push(message);
  });
  if (ending === "truncated" || kept.length === count) return nal;
  return kept.length > 0 ? buildSei(kept) : undefined;
}
