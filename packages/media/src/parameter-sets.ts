import { NalUnitType, nalUnitType, unescapeEbsp } from "@inband/h264";

/** What lies in front of seq_parameter_set_id: the NAL unit header, profile, constraints and level (ITU-T H.264 7.3.2.1.1). */
const spsIdBit = 32;
/** pic_parameter_set_id is the first element behind the NAL unit header (7.3.2.2). */
const ppsIdBit = 8;

/** The parameter sets in force: each holds until one with its id replaces it (ITU-T H.264 7.4.1.2.1). */
export class ParameterSets {
  readonly #sps = new Map<number, Uint8Array>();
  readonly #pps = new Map<number, Uint8Array>();

  /**
   * Takes the sets of a configuration, which hold in place of all before them (ISO/IEC 14496-15 5.3.3). One without sets
   * means that they are in band, and leaves those that have come.
   */
  configure(nalUnits: readonly Uint8Array[]): void {
    if (!nalUnits.some(isParameterSet)) return;
    this.#sps.clear();
    this.#pps.clear();
    this.remember(nalUnits);
  }

  /** Takes the sets that are among NAL units of the stream. */
  remember(nalUnits: readonly Uint8Array[]): void {
    for (const nal of nalUnits) {
      const sets = this.#setsOf(nal);
      // A copy: the view would keep the whole sample.
      sets?.set(parameterSetId(nal), nal.slice());
    }
  }

  /**
   * The NAL units of an access unit with the sets in force that are not among them. They follow the access unit
   * delimiter and come before everything else (7.4.1.2.3), each PPS behind the SPS of the access unit: decoders that meet
   * another SPS drop the PPS that refer to it.
   */
  addTo(nalUnits: readonly Uint8Array[]): readonly Uint8Array[] {
    const sps = new Map(this.#sps);
    const pps = new Map(this.#pps);
    let afterSps = 0;
    for (const [index, nal] of nalUnits.entries()) {
      const type = nalUnitType(nal);
      if (type === NalUnitType.Sps) {
        sps.delete(parameterSetId(nal));
        afterSps = index + 1;
      } else if (type === NalUnitType.SpsExtension && afterSps === index) afterSps = index + 1;
      else if (type === NalUnitType.Pps) pps.delete(parameterSetId(nal));
    }
    if (sps.size + pps.size === 0) return nalUnits;
    const [first] = nalUnits;
    const start = first !== undefined && nalUnitType(first) === NalUnitType.AccessUnitDelimiter ? 1 : 0;
    const middle = Math.max(start, afterSps);
    return [
      ...nalUnits.slice(0, start),
      ...sps.values(),
      ...nalUnits.slice(start, middle),
      ...pps.values(),
      ...nalUnits.slice(middle),
    ];
  }

  #setsOf(nal: Uint8Array): Map<number, Uint8Array> | undefined {
    const type = nalUnitType(nal);
    if (type === NalUnitType.Sps) return this.#sps;
    return type === NalUnitType.Pps ? this.#pps : undefined;
  }
}

/** Whether a NAL unit is an SPS or a PPS. */
export function isParameterSet(nal: Uint8Array): boolean {
  const type = nalUnitType(nal);
  return type === NalUnitType.Sps || type === NalUnitType.Pps;
}

/** seq_parameter_set_id or pic_parameter_set_id, of sets too whose rest cannot be read; -1 where it is missing. */
function parameterSetId(nal: Uint8Array): number {
  const bytes = unescapeEbsp(nal.subarray(0, 16));
  const start = nalUnitType(nal) === NalUnitType.Sps ? spsIdBit : ppsIdBit;
  const bit = (at: number): number => ((bytes[at >> 3] ?? 0) >> (7 - (at & 7))) & 1;
  let zeros = 0;
  // ue(v), 9.1: ids are at most 31 and 255.
  while (zeros < 9 && bit(start + zeros) === 0) zeros += 1;
  if (zeros === 9) return -1;
  let value = 1;
  for (let index = 1; index <= zeros; index += 1) value = value * 2 + bit(start + zeros + index);
  return value - 1;
}
