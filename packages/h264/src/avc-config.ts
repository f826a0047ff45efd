import { type AvccLengthSize, checkLengthSize } from "./avcc.ts";
import { H264Error } from "./h264-error.ts";
import { NalUnitType, nalUnitType } from "./nal-unit.ts";
import { parseSps } from "./sps.ts";

/** AVCDecoderConfigurationRecord: the avcC box of MP4, the AVC sequence header of FLV. ISO/IEC 14496-15:2017 5.3.3.1. */
export interface AvcConfig {
  /** AVCProfileIndication. */
  readonly profileIdc: number;
  /** profile_compatibility: the constraint flags. */
  readonly constraintFlags: number;
  /** AVCLevelIndication. */
  readonly levelIdc: number;
  /** Bytes of the length fields in the samples. */
  readonly lengthSize: AvccLengthSize;
  /** Sequence parameter set NAL units; empty where they are in band (avc3). */
  readonly sps: readonly Uint8Array[];
  /** Picture parameter set NAL units; empty where they are in band (avc3). */
  readonly pps: readonly Uint8Array[];
  /** Sequence parameter set extension NAL units. */
  readonly spsExtensions: readonly Uint8Array[];
}

/** What {@link readAvcConfig} reads. */
export interface AvcConfigSets {
  /** Bytes of the length fields in the samples, 1 to 4; 3 is reserved, and there are files with it. */
  readonly lengthSize: number;
  /** Sequence and picture parameter set NAL units. */
  readonly parameterSets: readonly Uint8Array[];
}

/** What {@link buildAvcConfig} needs. */
export interface AvcConfigOptions {
  /** Sequence parameter set NAL units, at most 31; profile and level are those of the first. */
  readonly sps: readonly Uint8Array[];
  /** AVCProfileIndication, needed where `sps` is empty (avc3), as are the next two; otherwise not read. */
  readonly profileIdc?: number;
  /** profile_compatibility. */
  readonly constraintFlags?: number;
  /** AVCLevelIndication. */
  readonly levelIdc?: number;
  /** Picture parameter set NAL units, at most 255. */
  readonly pps: readonly Uint8Array[];
  /** Sequence parameter set extension NAL units, written for the High profiles. */
  readonly spsExtensions?: readonly Uint8Array[];
  /**
   * Bytes of the length fields in the samples.
   *
   * @defaultValue 4
   */
  readonly lengthSize?: AvccLengthSize;
}

const clause = "ISO/IEC 14496-15 5.3.3.1.2";

/** Whether the record goes on with chroma format and bit depths: in all profiles but Baseline, Main and Extended. */
function hasHighFields(profileIdc: number): boolean {
  return profileIdc !== 66 && profileIdc !== 77 && profileIdc !== 88;
}

/**
 * Reads an AVCDecoderConfigurationRecord; parameter sets are views. ISO/IEC 14496-15 5.3.3.1.
 *
 * A record of a High profile that ends after the parameter sets is taken, as many writers leave the rest out.
 *
 * @throws H264Error `unsupported` for a configurationVersion other than 1 or the reserved length size 3, `truncated`.
 */
export function parseAvcConfig(bytes: Uint8Array): AvcConfig {
  if (bytes.length < 7) {
    throw new H264Error("truncated", `An AVC configuration takes at least 7 bytes, got ${bytes.length}`, {
      offset: bytes.length,
      clause,
    });
  }
  const [version = 0, profileIdc = 0, constraintFlags = 0, levelIdc = 0, lengthSizeMinusOne = 0, spsCount = 0] = bytes;
  if (version !== 1) {
    throw new H264Error("unsupported", `configurationVersion is ${version}, expected 1`, { offset: 0, clause });
  }
  const lengthSize = (lengthSizeMinusOne & 3) + 1;
  if (lengthSize === 3) throw new H264Error("unsupported", "Length size 3 is reserved", { offset: 4, clause });
  const sps: Uint8Array[] = [];
  const pps: Uint8Array[] = [];
  const spsExtensions: Uint8Array[] = [];
  let at = splitSets(bytes, 6, spsCount & 31, sps);
  if (at >= bytes.length)
    throw new H264Error("truncated", "The AVC configuration has no PPS count", { offset: at, clause });
  at = splitSets(bytes, at + 1, bytes[at] as number, pps);
  if (hasHighFields(profileIdc) && at + 4 <= bytes.length) {
    splitSets(bytes, at + 4, bytes[at + 3] as number, spsExtensions);
  }
  return { profileIdc, constraintFlags, levelIdc, lengthSize: lengthSize as AvccLengthSize, sps, pps, spsExtensions };
}

/**
 * Reads of an AVCDecoderConfigurationRecord what decoding needs, as far as it is whole: the tolerant form of
 * `parseAvcConfig`. ISO/IEC 14496-15 5.3.3.1.
 *
 * Never throws for any bytes. Parameter sets are views, SPS before PPS. Where the length size is missing it is 4.
 */
export function readAvcConfig(bytes: Uint8Array): AvcConfigSets {
  const parameterSets: Uint8Array[] = [];
  const add = (set: Uint8Array): unknown => parameterSets.push(set);
  const at = walkSets(bytes, 6, (bytes[5] ?? 0) & 31, add);
  if (at >= 0) walkSets(bytes, at + 1, bytes[at] ?? 0, add);
  return { lengthSize: ((bytes[4] ?? 3) & 3) + 1, parameterSets };
}

/**
 * An AVCDecoderConfigurationRecord of the parameter sets, in a fresh buffer. ISO/IEC 14496-15 5.3.3.1.
 *
 * Takes what `parseAvcConfig` returns. Chroma format and bit depths come from the first SPS and are left out without one.
 *
 * @throws RangeError for neither SPS nor profile, too many parameter sets, or a length size other than 1, 2 or 4.
 * H264Error when the first SPS cannot be read.
 */
export function buildAvcConfig({
  sps,
  pps,
  spsExtensions = [],
  lengthSize = 4,
  ...given
}: AvcConfigOptions): Uint8Array<ArrayBuffer> {
  checkLengthSize(lengthSize);
  const first = sps[0];
  checkSets("sps", sps, NalUnitType.Sps, 31);
  checkSets("pps", pps, NalUnitType.Pps, 255);
  checkSets("spsExtensions", spsExtensions, NalUnitType.SpsExtension, 255);
  const read = first && parseSps(first);
  const { profileIdc, constraintFlags, levelIdc } = read ?? given;
  if (profileIdc === undefined || constraintFlags === undefined || levelIdc === undefined) {
    throw new RangeError("sps: expected a NAL unit, or profileIdc, constraintFlags and levelIdc");
  }
  const isHigh = read !== undefined && hasHighFields(profileIdc);
  const bytes = new Uint8Array(7 + setBytes(sps) + setBytes(pps) + (isHigh ? 4 + setBytes(spsExtensions) : 0));
  bytes.set([1, profileIdc, constraintFlags, levelIdc, 0xfc | (lengthSize - 1), 0xe0 | sps.length]);
  let at = writeSets(bytes, 6, sps);
  bytes[at] = pps.length;
  at = writeSets(bytes, at + 1, pps);
  if (isHigh) {
    bytes.set(
      [
        0xfc | read.chromaFormatIdc,
        0xf8 | (read.bitDepthLuma - 8),
        0xf8 | (read.bitDepthChroma - 8),
        spsExtensions.length,
      ],
      at,
    );
    writeSets(bytes, at + 4, spsExtensions);
  }
  return bytes;
}

function splitSets(bytes: Uint8Array, from: number, count: number, sets: Uint8Array[]): number {
  const at = walkSets(bytes, from, count, (set) => sets.push(set));
  if (at >= 0) return at;
  throw new H264Error("truncated", "A parameter set leads past the end of the AVC configuration", {
    offset: ~at,
    clause,
  });
}

/**
 * Visits so many parameter sets behind their lengths, those that are empty left out.
 *
 * @returns The offset behind them; below 0 where one leads past the end: the complement (`~`) of its offset.
 */
function walkSets(bytes: Uint8Array, from: number, count: number, visit: (set: Uint8Array) => void): number {
  let at = from;
  for (let left = count; left > 0; left -= 1) {
    const start = at + 2;
    if (start > bytes.length) return ~at;
    const end = start + (((bytes[at] as number) << 8) | (bytes[at + 1] as number));
    if (end > bytes.length) return ~at;
    if (end > start) visit(bytes.subarray(start, end));
    at = end;
  }
  return at;
}

function checkSets(option: string, sets: readonly Uint8Array[], type: number, most: number): void {
  if (sets.length > most) throw new RangeError(`${option}: expected at most ${most} NAL units, got ${sets.length}`);
  for (const nal of sets) {
    if (nalUnitType(nal) !== type) {
      throw new RangeError(`${option}: expected NAL units of type ${type}, got ${nalUnitType(nal)}`);
    }
    if (nal.length > 65_535) throw new RangeError(`${option}: a NAL unit exceeds 65535 bytes`);
  }
}

function setBytes(sets: readonly Uint8Array[]): number {
  return sets.reduce((bytes, nal) => bytes + 2 + nal.length, 0);
}

function writeSets(bytes: Uint8Array, at: number, sets: readonly Uint8Array[]): number {
  for (const nal of sets) {
    bytes[at] = nal.length >> 8;
    bytes[at + 1] = nal.length;
    bytes.set(nal, at + 2);
    at += 2 + nal.length;
  }
  return at;
}
