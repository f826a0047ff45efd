import { walkAvcc } from "./avcc.ts";
import { forbiddenPattern } from "./emulation-prevention.ts";
import { nalUnitType } from "./nal-unit.ts";
import { parseRtpPayload } from "./rtp/rtp-payload.ts";
import { findStartCode, trimTrailingZeros } from "./start-code.ts";

/**
 * How NAL units are framed: byte stream, 4-byte lengths, one RTP payload, or not to be told.
 */
export type StreamFormat = "annexb" | "avcc" | "rtp" | "unknown";

/** What {@link detectFormat} found. */
export interface DetectedFormat {
  /** "unknown" also where two readings are valid and nothing tells them apart. */
  readonly format: StreamFormat;
  /** nal_unit_type of the first NAL unit in that reading. */
  readonly nalUnitType?: number;
  /** Why, in words. */
  readonly evidence: string;
}

/** What one reading of the bytes came to. */
interface Reading {
  readonly isValid: boolean;
  /** How many NAL units it finds. */
  readonly count?: number;
  readonly nalUnitType?: number;
  readonly evidence: string;
}

/**
 * Tells how the NAL units of one access unit, sample or RTP payload are framed, by walking all of it.
 *
 * 00 00 01 may begin an Annex B stream or the length of a NAL unit of 256 to 511 bytes, and 00 00 00 01 a 4-byte start
 * code or the length of a one-byte NAL unit, so the first bytes decide nothing. Where both readings are valid to the end,
 * the answer for the bytes before decides; without one, the reading that finds more NAL units, as no other bytes come to
 * look like lengths that meet the end, or like start codes, by chance. What the caller knows (an option, a container)
 * always goes before this; lengths of 1 and 2 bytes cannot be told from RTP payloads and are never detected.
 *
 * @param previous - The answer for the previous bytes of the same stream.
 */
export function detectFormat(bytes: Uint8Array, previous?: DetectedFormat | StreamFormat): DetectedFormat {
  if (bytes.length === 0) return { format: "unknown", evidence: "No bytes" };
  const avcc = readAvcc(bytes);
  if (bytes[0] !== 0) {
    const rtp = readRtp(bytes);
    if (avcc.isValid) return answer("avcc", avcc);
    return rtp.isValid ? answer("rtp", rtp) : { format: "unknown", evidence: rtp.evidence };
  }
  const annexB = readAnnexB(bytes);
  if (annexB.isValid && avcc.isValid) {
    const before = typeof previous === "string" ? previous : previous?.format;
    const more = (annexB.count as number) - (avcc.count as number);
    const both = `${annexB.evidence}; ${avcc.evidence}`;
    if (before === "annexb" || before === "avcc") {
      return answer(before, before === "annexb" ? annexB : avcc, `${both}; ${before} before`);
    }
    if (more !== 0) return more > 0 ? answer("annexb", annexB, both) : answer("avcc", avcc, both);
    return { format: "unknown", evidence: `Ambiguous: ${both}` };
  }
  if (annexB.isValid) return answer("annexb", annexB);
  if (avcc.isValid) return answer("avcc", avcc);
  return { format: "unknown", evidence: `${annexB.evidence}; ${avcc.evidence}` };
}

function answer(format: StreamFormat, { nalUnitType: type, evidence }: Reading, words = evidence): DetectedFormat {
  return { format, ...(type === undefined ? {} : { nalUnitType: type }), evidence: words };
}

function invalid(evidence: string): Reading {
  return { isValid: false, evidence };
}

/** F is 0 and the type is one of 1 to 23: not unspecified, and no RTP structure. */
function isHeader(byte: number | undefined): byte is number {
  return byte !== undefined && byte < 0x80 && (byte & 31) > 0 && (byte & 31) < 24;
}

/** B.1, with the byte patterns that 7.4.1 forbids inside a NAL unit. */
function readAnnexB(bytes: Uint8Array): Reading {
  const length = bytes.length;
  let code = findStartCode(bytes, 0);
  if (code === length) return invalid("No start code");
  for (let i = 0; i < code; i += 1) if (bytes[i] !== 0) return invalid("Bytes before the first start code");
  let type = 0;
  let count = 0;
  while (code < length) {
    const start = code + 3;
    code = findStartCode(bytes, start);
    const end = trimTrailingZeros(bytes, start, code);
    // Some writers end a stream with a start code.
    if (end === start) continue;
    if (!isHeader(bytes[start])) return invalid(`No NAL unit header at byte ${start}`);
    const nal = bytes.subarray(start, end);
    const forbidden = forbiddenPattern(nal);
    // Lengths look like 00 00 00 and 00 00 02; a missing 03 before 03 is a defect of writers.
    if (forbidden >= 0 && nal[forbidden + 2] !== 3) return invalid(`Forbidden bytes in the NAL unit at byte ${start}`);
    if (count === 0) type = (bytes[start] as number) & 31;
    count += 1;
  }
  if (count === 0) return invalid("No NAL unit after the start code");
  return { isValid: true, count, nalUnitType: type, evidence: `${count} NAL unit(s) behind start codes` };
}

/** ISO/IEC 14496-15 5.3.4.2.1 with 4-byte lengths: all of them land exactly on the end. */
function readAvcc(bytes: Uint8Array): Reading {
  let count = 0;
  let headless = -1;
  const broken = walkAvcc(bytes, 4, (start, end) => {
    if (headless < 0 && (end === start || !isHeader(bytes[start]))) headless = start - 4;
    count += 1;
  });
  if (broken >= 0) return invalid(`The length at byte ${broken} leads past the end`);
  if (headless >= 0) return invalid(`No NAL unit header behind the length at byte ${headless}`);
  const evidence = `${count} NAL unit(s) behind 4-byte lengths`;
  return { isValid: true, count, nalUnitType: nalUnitType(bytes.subarray(4)), evidence };
}

/** RFC 6184 5.4 to 5.8. */
function readRtp(bytes: Uint8Array): Reading {
  try {
    const payload = parseRtpPayload(bytes);
    if (payload.kind === "stap-a") {
      const evidence = `${payload.nals.length} NAL unit(s) in a STAP-A`;
      return { isValid: true, nalUnitType: nalUnitType(payload.nals[0] as Uint8Array), evidence };
    }
    if (payload.kind === "fu-a") {
      return { isValid: true, nalUnitType: payload.nalHeader & 31, evidence: "A fragment (FU-A)" };
    }
    return { isValid: true, nalUnitType: nalUnitType(bytes), evidence: "A bare NAL unit" };
  } catch (error) {
    return invalid((error as Error).message);
  }
}
