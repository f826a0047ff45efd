import { forbiddenPattern, unescapeEbsp } from "./emulation-prevention.ts";
import type { Finding } from "./finding.ts";
import { NalUnitType, nalRefIdc, nalUnitType } from "./nal-unit.ts";
import { userDataUnregisteredType, walkSei } from "./sei-message.ts";

/** Types whose nal_ref_idc is 0 (7.4.1). */
const neverReferenced: ReadonlySet<number> = new Set([
  NalUnitType.Sei,
  NalUnitType.AccessUnitDelimiter,
  NalUnitType.EndOfSequence,
  NalUnitType.EndOfStream,
  NalUnitType.FillerData,
]);
/** Types whose nal_ref_idc is not 0 (7.4.1). */
const alwaysReferenced: ReadonlySet<number> = new Set([
  NalUnitType.SliceIdr,
  NalUnitType.Sps,
  NalUnitType.Pps,
  NalUnitType.SpsExtension,
  NalUnitType.SubsetSps,
]);

/**
 * Tells `found` what is wrong with one NAL unit by itself: header, byte patterns, SEI syntax. Never throws for any bytes.
 */
export function lintNalUnit(nal: Uint8Array, found: (finding: Finding) => void): void {
  const add = (rule: string, clause: string, message: string, severity: "error" | "warning" = "error"): void => {
    found({ rule, severity, clause, message });
  };
  if (nal.length === 0) {
    add("empty-nal-unit", "H.264 7.3.1", "The NAL unit has no header");
    return;
  }
  const type = nalUnitType(nal);
  if ((nal[0] as number) & 0x80) add("forbidden-zero-bit", "H.264 7.4.1", "forbidden_zero_bit is 1");
  if (neverReferenced.has(type) && nalRefIdc(nal) !== 0) {
    add("nal-ref-idc", "H.264 7.4.1", `nal_ref_idc is ${nalRefIdc(nal)} for type ${type}, it shall be 0`);
  }
  if (alwaysReferenced.has(type) && nalRefIdc(nal) === 0) {
    add("nal-ref-idc", "H.264 7.4.1", `nal_ref_idc is 0 for type ${type}, it shall not be`);
  }
  if (type === 0 || type > 23) {
    add("nal-unit-type", "H.264 Table 7-1", `nal_unit_type ${type} is unspecified: RTP cannot carry it`, "warning");
  }
  if (type === NalUnitType.AccessUnitDelimiter && (nal.length !== 2 || ((nal[1] as number) & 31) !== 16)) {
    add("delimiter", "H.264 7.3.2.4", "The access unit delimiter is not one byte with rbsp_trailing_bits");
  }
  lintPatterns(nal, add);
  if (type === NalUnitType.Sei) lintSei(nal, add);
}

type Add = (rule: string, clause: string, message: string) => void;

/** The byte sequences that 7.4.1 forbids; only the first is told. */
function lintPatterns(nal: Uint8Array, add: Add): void {
  if (nal.at(-1) === 0) add("trailing-zero", "H.264 7.4.1", "The last byte is 00");
  const at = forbiddenPattern(nal);
  if (at < 0) return;
  add("emulation-prevention", "H.264 7.4.1", `Bytes 00 00 0${nal[at + 2]} at byte ${at} of the NAL unit lack their 03`);
}

function lintSei(nal: Uint8Array, add: Add): void {
  const rbsp = unescapeEbsp(nal);
  let messages = 0;
  const ending = walkSei(rbsp, (payloadType, start, end) => {
    messages += 1;
    if (payloadType === userDataUnregisteredType && end - start < 16) {
      add("user-data-uuid", "H.264 D.1.7", `user_data_unregistered has ${end - start} bytes and no whole UUID`);
    }
  });
  if (ending === "truncated") {
    add("sei-size", "H.264 7.3.2.3.1", "A SEI message announces more bytes than there are");
  } else if (messages === 0) {
    add("sei-empty", "H.264 7.3.2.3", "The SEI NAL unit holds no message");
  } else if (ending !== "complete") {
    const what = ending === "no-trailing-bits" ? "are missing" : "do not begin a byte";
    add("sei-trailing-bits", "H.264 7.3.2.11", `rbsp_trailing_bits ${what}`);
  }
}
