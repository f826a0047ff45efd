import { NalUnitType, nalUnitType, splitAnnexB, splitFramed } from "@inband/h264";

/**
 * Reads the NAL units of samples as a container keeps them: behind length fields where it has an
 * AVCDecoderConfigurationRecord (ISO/IEC 14496-15 5.3.3.1), in Annex B otherwise. It puts the parameter sets in band.
 */
export class NalUnitReader {
  /** 0 means Annex B. */
  readonly #lengthSize: number;
  #sps: readonly Uint8Array[] = [];
  #pps: readonly Uint8Array[] = [];

  constructor(extradata: Uint8Array | undefined) {
    if (extradata === undefined || extradata[0] !== 1) {
      this.#lengthSize = 0;
      this.#remember(splitAnnexB(extradata ?? new Uint8Array()));
      return;
    }
    this.#lengthSize = ((extradata[4] ?? 3) & 3) + 1;
    this.#remember(parameterSetsOf(extradata));
  }

  /** Views of the NAL units of one sample, SPS and PPS added in front when it is a key frame without them. */
  read(sample: Uint8Array): { nalUnits: readonly Uint8Array[]; isKeyFrame: boolean } {
    const nalUnits =
      this.#lengthSize === 0
        ? splitAnnexB(sample)
        : splitLengths(sample, this.#lengthSize).flatMap((framed) => splitFramed(framed));
    this.#remember(nalUnits);
    const isKeyFrame = has(nalUnits, NalUnitType.SliceIdr);
    return { nalUnits: isKeyFrame ? this.#withParameterSets(nalUnits) : nalUnits, isKeyFrame };
  }

  /** They follow the access unit delimiter and come before everything else (ITU-T H.264 7.4.1.2.3). */
  #withParameterSets(nalUnits: readonly Uint8Array[]): readonly Uint8Array[] {
    const sps = has(nalUnits, NalUnitType.Sps) ? [] : this.#sps;
    const pps = has(nalUnits, NalUnitType.Pps) ? [] : this.#pps;
    if (sps.length + pps.length === 0) return nalUnits;
    const [first, ...rest] = nalUnits;
    if (first === undefined || nalUnitType(first) !== NalUnitType.AccessUnitDelimiter)
      return [...sps, ...pps, ...nalUnits];
    return [first, ...sps, ...pps, ...rest];
  }

  #remember(nalUnits: readonly Uint8Array[]): void {
    if (has(nalUnits, NalUnitType.Sps)) this.#sps = only(nalUnits, NalUnitType.Sps);
    if (has(nalUnits, NalUnitType.Pps)) this.#pps = only(nalUnits, NalUnitType.Pps);
  }
}

function has(nalUnits: readonly Uint8Array[], type: number): boolean {
  return nalUnits.some((nal) => nalUnitType(nal) === type);
}

function only(nalUnits: readonly Uint8Array[], type: number): Uint8Array[] {
  return nalUnits.filter((nal) => nalUnitType(nal) === type);
}

/** The SPS and PPS of an AVCDecoderConfigurationRecord, as far as it is whole. */
export function parameterSetsOf(record: Uint8Array): Uint8Array[] {
  const nals: Uint8Array[] = [];
  let at = 5;
  for (const mask of [31, 255]) {
    const count = (record[at++] ?? 0) & mask;
    for (let index = 0; index < count; index++) {
      const end = at + 2 + (((record[at] ?? 0) << 8) | (record[at + 1] ?? 0));
      if (at + 2 >= end || end > record.length) return nals;
      nals.push(record.subarray(at + 2, end));
      at = end;
    }
  }
  return nals;
}

/**
 * A length that leads past the end of the sample ends it: what was whole before it is kept, and `broken` is told where
 * the length stands.
 */
export function splitLengths(
  sample: Uint8Array,
  lengthSize: number,
  broken: (offset: number) => void = () => undefined,
): Uint8Array[] {
  const nals: Uint8Array[] = [];
  let at = 0;
  while (at < sample.length) {
    const start = at + lengthSize;
    let size = 0;
    for (let index = at; index < start; index++) size = size * 256 + (sample[index] ?? 0);
    if (start > sample.length || size > sample.length - start) {
      broken(at);
      break;
    }
    if (size > 0) nals.push(sample.subarray(start, start + size));
    at = start + size;
  }
  return nals;
}
