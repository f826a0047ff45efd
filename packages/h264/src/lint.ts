import type { AccessUnitNals } from "./access-unit-splitter.ts";
import { unescapeEbsp } from "./emulation-prevention.ts";
import { H264Error } from "./h264-error.ts";
import type { LintFinding, LintPlace } from "./lint-finding.ts";
import { lintNalUnit } from "./lint-nal-unit.ts";
import { isVclNalUnit, NalUnitType, nalUnitType } from "./nal-unit.ts";
import { type Pps, parsePps } from "./pps.ts";
import { walkSei } from "./sei-message.ts";
import { isNewPicture, parseSliceHeader, type SliceHeader, slicePpsId } from "./slice-header.ts";
import { parseSps, type Sps } from "./sps.ts";

/**
 * What is wrong with a sequence of access units: NAL unit headers and byte patterns, SEI syntax, the order of the NAL
 * units, parameter sets that are missing or cannot be read, several pictures in one access unit.
 *
 * Never throws for any bytes. A stream without findings may still be one that decoders refuse: slice data is not read.
 */
export function lint(accessUnits: Iterable<Pick<AccessUnitNals, "nalUnits">>): LintFinding[] {
  const linter = new AccessUnitLinter();
  for (const { nalUnits } of accessUnits) linter.push(nalUnits);
  return linter.findings;
}

type Add = (rule: string, clause: string, message: string) => void;

/** Lints access units one after the other. */
export class AccessUnitLinter {
  /** What was found so far. */
  readonly findings: LintFinding[] = [];
  readonly #sps = new Map<number, Sps>();
  readonly #pps = new Map<number, Pps>();
  #index = 0;

  /** Takes parameter sets that came another way than in an access unit. */
  readParameterSets(nalUnits: readonly Uint8Array[]): void {
    for (const nal of nalUnits) {
      const type = nalUnitType(nal);
      if (type !== NalUnitType.Sps && type !== NalUnitType.Pps) continue;
      this.#readSet(nal, type, (rule, clause, message) => {
        this.findings.push({ rule, severity: "error", clause, message });
      });
    }
  }

  /** Lints the next access unit; `place` says where its NAL units lie. */
  push(nalUnits: readonly Uint8Array[], place: (nal: Uint8Array) => LintPlace = () => ({})): void {
    const accessUnit = this.#index;
    this.#index += 1;
    let header: SliceHeader | undefined;
    let vcl = -1;
    let sei = -1;
    let ended = -1;
    nalUnits.forEach((nal, nalUnit) => {
      const at = { accessUnit, nalUnit, ...place(nal) };
      const add = (rule: string, clause: string, message: string): void => {
        this.findings.push({ rule, severity: "error", clause, message, ...at });
      };
      lintNalUnit(nal, at, this.findings);
      const type = nalUnitType(nal);
      if (type === NalUnitType.AccessUnitDelimiter && nalUnit > 0) {
        add("delimiter-first", "H.264 7.4.1.2.3", "An access unit delimiter is not the first NAL unit");
      }
      if (ended >= 0 && type !== NalUnitType.EndOfStream) {
        add("after-end", "H.264 7.4.1.2.3", "A NAL unit follows the end of the sequence in its access unit");
      }
      if (type === NalUnitType.EndOfSequence || type === NalUnitType.EndOfStream) ended = nalUnit;
      if (type === NalUnitType.Prefix) this.#lintPrefix(nalUnits[nalUnit + 1], add);
      if (type === NalUnitType.Sei) {
        if (vcl >= 0) add("sei-after-vcl", "H.264 7.4.1.2.3", "SEI follows the first slice of its access unit");
        this.#lintBufferingPeriod(nal, sei < 0, add);
        sei = nalUnit;
      } else if (type === NalUnitType.Sps || type === NalUnitType.Pps) {
        if (vcl >= 0)
          add("set-after-vcl", "H.264 7.4.1.2.3", "A parameter set follows the first slice of its access unit");
        this.#readSet(nal, type, add);
      } else if (isVclNalUnit(nal)) {
        vcl = nalUnit;
        if (type === NalUnitType.DataPartitionB || type === NalUnitType.DataPartitionC) return;
        const next = this.#readHeader(nal, add);
        if (next === undefined || next.redundantPicCnt > 0) return;
        if (header !== undefined && isNewPicture(header, next)) {
          add("several-pictures", "H.264 7.4.1.2.4", "A slice belongs to another picture than the slice before it");
        }
        header = next;
      }
    });
    if (vcl < 0) {
      this.findings.push({
        rule: "no-vcl",
        severity: "error",
        clause: "H.264 7.4.1.2.3",
        message: "The access unit has no VCL NAL unit",
        accessUnit,
      });
    }
  }

  #lintPrefix(next: Uint8Array | undefined, add: Add): void {
    const type = next === undefined ? 0 : nalUnitType(next);
    if (type === NalUnitType.SliceNonIdr || type === NalUnitType.SliceIdr) return;
    add("prefix-apart", "H.264 7.4.1.2.3", "A prefix NAL unit is not followed by its slice (type 1 or 5)");
  }

  #lintBufferingPeriod(nal: Uint8Array, isFirstSei: boolean, add: Add): void {
    let isFirst = isFirstSei;
    walkSei(unescapeEbsp(nal), (payloadType) => {
      if (payloadType === 0 && !isFirst) {
        add("buffering-period-first", "H.264 7.4.1.2.3", "buffering_period is not the first message of the first SEI");
      }
      isFirst = false;
    });
  }

  #readSet(nal: Uint8Array, type: number, add: Add): void {
    try {
      if (type === NalUnitType.Sps) {
        const sps = parseSps(nal);
        this.#sps.set(sps.id, sps);
      } else {
        const pps = parsePps(nal);
        this.#pps.set(pps.id, pps);
      }
    } catch (error) {
      if (!(error instanceof H264Error)) throw error;
      add(type === NalUnitType.Sps ? "sps" : "pps", error.clause ?? "H.264 7.3.2", error.message);
    }
  }

  #readHeader(nal: Uint8Array, add: Add): SliceHeader | undefined {
    try {
      const ppsId = slicePpsId(nal);
      const pps = this.#pps.get(ppsId);
      const sps = pps && this.#sps.get(pps.spsId);
      if (pps && sps) return parseSliceHeader(nal, sps, pps);
      const missing = pps ? `SPS ${pps.spsId}` : `PPS ${ppsId}`;
      add("missing-set", "H.264 7.4.1.2.1", `A slice refers to ${missing}, which has not come`);
    } catch (error) {
      if (!(error instanceof H264Error)) throw error;
      add("slice-header", error.clause ?? "H.264 7.3.3", error.message);
    }
    return undefined;
  }
}
