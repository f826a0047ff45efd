import { BitReader } from "./bit-reader.ts";
import { unescapeEbsp } from "./emulation-prevention.ts";
import { NalUnitType, nalUnitType } from "./nal-unit.ts";

/** Bits of profile, constraints and level between the NAL unit header and seq_parameter_set_id (ITU-T H.264 7.3.2.1.1). */
const bitsBeforeSpsId = 24;
/** More than header and id take, whose emulation prevention is removed. */
const headBytes = 16;

/** The parameter sets in force: each holds until one with the same id replaces it (ITU-T H.264 7.4.1.2.1). */
export class ParameterSets {
  readonly #sps = new Map<number, Uint8Array>();
  readonly #pps = new Map<number, Uint8Array>();

  /**
   * Takes the sets of a container's configuration, which replace all before them (ISO/IEC 14496-15 5.3.3). A configuration
   * without sets means that they are in band: then nothing changes.
   */
  configure(nalUnits: readonly Uint8Array[]): void {
    if (!nalUnits.some(isParameterSet)) return;
    this.#sps.clear();
    this.#pps.clear();
    this.remember(nalUnits);
  }

  /** Takes the parameter sets among NAL units of the stream; they are copied. */
  remember(nalUnits: readonly Uint8Array[]): void {
    for (const nal of nalUnits) {
      const sets = this.#setsOf(nal);
      // A view would keep the whole sample in memory.
      sets?.set(parameterSetId(nal), nal.slice());
    }
  }

  /**
   * The NAL units of an access unit, together with the sets in force that are not among them: the argument itself where
   * none is missing. Sets follow the access unit delimiter and precede everything else (7.4.1.2.3), each PPS behind the
   * SPS of the access unit, because decoders that read another SPS drop the PPS that refer to it.
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

function isParameterSet(nal: Uint8Array): boolean {
  const type = nalUnitType(nal);
  return type === NalUnitType.Sps || type === NalUnitType.Pps;
}

/** seq_parameter_set_id or pic_parameter_set_id, also of a set whose rest cannot be read; -1 where it cannot be read. */
function parameterSetId(nal: Uint8Array): number {
  const reader = new BitReader(unescapeEbsp(nal.subarray(0, headBytes)));
  const isSps = nalUnitType(nal) === NalUnitType.Sps;
  if (isSps) reader.bits(bitsBeforeSpsId);
  const id = reader.unsigned(isSps ? 31 : 255);
  return reader.isBroken ? -1 : id;
}
