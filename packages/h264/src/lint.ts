import type { AccessUnitNals } from "./access-unit-splitter.ts";
import { unescapeEbsp } from "./emulation-prevention.ts";
import type { Finding, FindingPlace } from "./finding.ts";
import { FindingList } from "./finding-list.ts";
import { H264Error } from "./h264-error.ts";
import { lintNalUnit } from "./lint-nal-unit.ts";
import { beginsAccessUnit, followsSlices, isVclNalUnitType, NalUnitType, nalUnitType } from "./nal-unit.ts";
import { type Pps, parsePps } from "./pps.ts";
import { walkSei } from "./sei-message.ts";
import { SeiPayloadType } from "./sei-payload-type.ts";
import { firstMbKey, isNewPicture, readSliceHeader, type SliceHeader, slicePpsId } from "./slice-header.ts";
import { parseSps, type Sps } from "./sps.ts";

/**
 * What is wrong with a sequence of access units: NAL unit headers and byte patterns, SEI syntax, the order of the NAL
 * units, parameter sets that are missing or cannot be read, several pictures in one access unit.
 *
 * Never throws for any bytes. A stream without findings may still be one that decoders refuse: slice data is not read.
 */
export function lint(accessUnits: Iterable<Pick<AccessUnitNals, "nalUnits">>): Finding[] {
  const linter = new AccessUnitLinter();
  for (const { nalUnits } of accessUnits) linter.push(nalUnits);
  return linter.findings.all();
}

type Add = (rule: string, clause: string, message: string) => void;

const order = "H.264 7.4.1.2.3";

/**
 * Lints access units one after the other, for streams that are not in memory as a whole: parameter sets are read once.
 * `findings.take()` gives what is new; of each rule no more than 1000 findings are kept.
 */
export class AccessUnitLinter {
  /** What was found so far. */
  readonly findings: FindingList = new FindingList();
  readonly #sps = new Map<number, Sps>();
  readonly #pps = new Map<number, Pps>();
  #index = 0;
  /** The slice header of the access unit before, where it had one that could be read. */
  #before: SliceHeader | undefined;
  /** With which macroblocks the slices of its primary picture begin. */
  #firstMbs: ReadonlySet<number> = new Set();

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

  /**
   * Lints the next access unit; `place` says where its NAL units lie. One of which packets are missing is linted NAL unit
   * by NAL unit: what it lacks says nothing about its sender.
   *
   * @returns Whether it begins a picture that can be told from the one before (7.4.1.2.4).
   */
  push(
    nalUnits: readonly Uint8Array[],
    place: (nal: Uint8Array) => FindingPlace = () => ({}),
    isComplete: boolean = true,
  ): boolean {
    const accessUnit = this.#index;
    this.#index += 1;
    const before = this.#before;
    let header: SliceHeader | undefined;
    let begins = before !== undefined && beginsAccessUnit(nalUnitType(nalUnits[0] ?? new Uint8Array(0)));
    const firstVcl = nalUnits.findIndex((nal) => isVclNalUnitType(nalUnitType(nal)));
    const firstMbs = new Set<number>();
    let hasSei = false;
    let redundantPicCnt = 0;
    /** The latest stage that has begun. */
    let stage = 0;
    /** The one that is being linted. */
    let nalUnit = -1;
    const found = (finding: Finding): void => {
      this.findings.push({ ...finding, accessUnit, nalUnit, ...place(nalUnits[nalUnit] as Uint8Array) });
    };
    const add = (rule: string, clause: string, message: string): void => {
      if (isComplete) found({ rule, severity: "error", clause, message });
    };
    for (const nal of nalUnits) {
      nalUnit += 1;
      lintNalUnit(nal, found);
      const type = nalUnitType(nal);
      const isAfterVcl = firstVcl >= 0 && nalUnit > firstVcl;
      const nalStage = stageOf(type);
      if (stage === stages.endOfStream || nalStage < stage) {
        const end = stage === stages.auxiliary ? "the auxiliary picture" : "the end of the sequence or stream";
        add("after-end", order, `A NAL unit of type ${type} follows ${end} in its access unit`);
      }
      if (
        type === NalUnitType.AuxiliarySlice ||
        type === NalUnitType.EndOfSequence ||
        type === NalUnitType.EndOfStream
      ) {
        stage = Math.max(stage, nalStage);
      }
      if (type === NalUnitType.AccessUnitDelimiter && nalUnit > 0) {
        add("delimiter-first", order, "An access unit delimiter is not the first NAL unit");
      }
      if (nalUnit < firstVcl && followsSlices(type)) {
        add("before-vcl", order, `A NAL unit of type ${type} stands before the first slice`);
      }
      if (type === NalUnitType.Prefix) this.#lintPrefix(nalUnits[nalUnit + 1], add);
      if (type === NalUnitType.SpsExtension && nalUnitType(nalUnits[nalUnit - 1] ?? nal) !== NalUnitType.Sps) {
        add("sps-extension", order, "A sequence parameter set extension does not follow its SPS");
      }
      if (type === NalUnitType.Sei) {
        if (isAfterVcl) add("sei-after-vcl", order, "SEI follows the first slice of its access unit");
        this.#lintBufferingPeriod(nal, !hasSei, add);
        hasSei = true;
      } else if (type === NalUnitType.Sps || type === NalUnitType.Pps) {
        if (isAfterVcl) add("set-after-vcl", order, "A parameter set follows the first slice of its access unit");
        this.#readSet(nal, type, add);
      } else if (isVclNalUnitType(type)) {
        if (type === NalUnitType.DataPartitionB || type === NalUnitType.DataPartitionC) continue;
        const next = this.#readHeader(nal, add);
        if (next === undefined) continue;
        if (next.redundantPicCnt < redundantPicCnt || (nalUnit === firstVcl && next.redundantPicCnt > 0)) {
          add("redundant-order", order, "redundant_pic_cnt is not in ascending order");
        }
        redundantPicCnt = next.redundantPicCnt;
        if (redundantPicCnt > 0) continue;
        const last = header ?? before;
        if (last !== undefined && isNewPicture(last, next)) {
          if (header === undefined) begins = true;
          else add("several-pictures", "H.264 7.4.1.2.4", "A slice belongs to another picture than the one before it");
        } else if (header === undefined && this.#firstMbs.has(firstMbKey(next))) {
          begins = true;
          const message = "Nothing in its slice header tells the picture from the one before it, as it shall";
          add("unnumbered-picture", "H.264 7.4.1.2.4", message);
        }
        header = next;
        firstMbs.add(firstMbKey(next));
      }
    }
    if (firstVcl < 0 && isComplete) {
      const message = "The access unit has no VCL NAL unit";
      this.findings.push({ rule: "no-vcl", severity: "error", clause: order, message, accessUnit });
    }
    this.#before = header;
    this.#firstMbs = isComplete ? firstMbs : new Set();
    return begins;
  }

  #lintPrefix(next: Uint8Array | undefined, add: Add): void {
    const type = next === undefined ? 0 : nalUnitType(next);
    if (type === NalUnitType.SliceNonIdr || type === NalUnitType.SliceIdr) return;
    add("prefix-apart", "H.264 G.7.4.1.2.3", "A prefix NAL unit is not followed by its slice (type 1 or 5)");
  }

  #lintBufferingPeriod(nal: Uint8Array, isFirstSei: boolean, add: Add): void {
    let isFirst = isFirstSei;
    walkSei(unescapeEbsp(nal), (payloadType) => {
      if (payloadType === SeiPayloadType.BufferingPeriod && !isFirst) {
        add("buffering-period-first", order, "buffering_period is not the first message of the first SEI");
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
    const ppsId = slicePpsId(nal);
    const pps = this.#pps.get(ppsId);
    const sps = pps && this.#sps.get(pps.spsId);
    const header = pps && sps && readSliceHeader(nal, sps, pps);
    if (ppsId < 0 || (sps && header === undefined)) {
      add("slice-header", "H.264 7.3.3", "The slice header is truncated, or a value in it is out of range");
    } else if (sps === undefined) {
      const missing = pps ? `SPS ${pps.spsId}` : `PPS ${ppsId}`;
      add("missing-set", "H.264 7.4.1.2.1", `A slice refers to ${missing}, which has not come`);
    }
    return header;
  }
}

/** What comes after what in an access unit (7.4.1.2.3). */
const stages = { slices: 0, auxiliary: 1, endOfSequence: 2, endOfStream: 3 };

/** The last stage in which a NAL unit of this type may stand. */
function stageOf(type: number): number {
  if (isVclNalUnitType(type)) return stages.slices;
  if (type === NalUnitType.EndOfStream) return stages.endOfStream;
  return type === NalUnitType.EndOfSequence || followsSlices(type) ? stages.endOfSequence : stages.auxiliary;
}
