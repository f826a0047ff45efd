import { createHash } from "node:crypto";
import {
  type AccessUnitNals,
  AccessUnitSplitter,
  type Finding,
  type FindingList,
  formatUuid,
  isVclNalUnit,
  lintNalUnit,
  NalUnitType,
  nalUnitType,
  readSei,
  type SeiMessage,
  SeiPayloadType,
  walkFramed,
} from "@inband/h264";
import type { StoredNalUnits } from "../bitstream/bitstream.ts";
import type { InspectReport, UserDataItem } from "./inspect-report.ts";

/** Subset SPS and slice extensions (ITU-T H.264 Annexes G, H, I). */
const layerTypes = [NalUnitType.SubsetSps, NalUnitType.SliceExtension, NalUnitType.SliceExtension3d];

/** The rules of `lint` whose violation leaves something unread here, or unreadable for decoders. */
const brokenRules: ReadonlySet<string> = new Set([
  "forbidden-zero-bit",
  "nal-unit-type",
  "delimiter",
  "sei-size",
  "sei-empty",
  "sei-trailing-bits",
  "user-data-uuid",
]);

/** Counts what is in a stream, one NAL unit after another. */
export class Inspection {
  readonly #findings: FindingList;
  readonly #reportsBroken: boolean;
  readonly #ended: (accessUnit: AccessUnitNals) => void;
  readonly #splitter = new AccessUnitSplitter();
  readonly #nalUnits = new Array<number>(32).fill(0);
  readonly #sei = new Map<number, number>();
  readonly #userData: UserDataItem[] = [];
  #accessUnits = 0;
  #samples = 0;
  /** How often start codes were found in the bytes that are framed as one NAL unit. */
  #startCodes = 0;
  #isStored = false;
  /** Access units before the first one at which a decoder can begin; undefined once that has come. */
  #beforeStart: number | undefined = 0;
  #hasRecoveryPoint = false;

  /**
   * `ended` is called with every access unit that holds a picture; `reportsBroken` adds findings about broken SEI and
   * delimiters, for use without a linter.
   */
  constructor(findings: FindingList, reportsBroken: boolean, ended: (accessUnit: AccessUnitNals) => void) {
    this.#findings = findings;
    this.#reportsBroken = reportsBroken;
    this.#ended = ended;
  }

  /** How many samples have begun. */
  get samples(): number {
    return this.#samples;
  }

  /** Takes the sample and the configuration of a group, before its NAL units. */
  beginGroup({ sample, configuration }: StoredNalUnits): void {
    if (sample !== undefined) this.#samples += 1;
    if (configuration !== undefined) this.readParameterSets(configuration.parameterSets);
  }

  /** Takes parameter sets that are not in the stream itself: they show where access units end, and are not counted. */
  readParameterSets(nalUnits: readonly Uint8Array[]): void {
    for (const nal of nalUnits) this.#end(this.#splitter.push(nal));
  }

  /** Takes the bytes that a length frames as one NAL unit. */
  pushFramed(framed: Uint8Array): void {
    const hasStartCode = walkFramed(framed, this.#startCodes > 0 ? "always" : "if-broken", (nal) => this.push(nal));
    if (hasStartCode) this.#startCodes += 1;
  }

  /** Takes a NAL unit. */
  push(nal: Uint8Array): void {
    const type = nalUnitType(nal);
    this.#isStored = true;
    this.#nalUnits[type] = (this.#nalUnits[type] as number) + 1;
    this.#end(this.#splitter.push(nal));
    if (this.#reportsBroken) this.#report(nal, type);
    if (type === NalUnitType.Sei) readSei(nal, this.#readMessage);
  }

  /** Ends the stream: reads its last access unit, and adds findings about the stream as a whole. */
  end(): void {
    const last = this.#splitter.flush();
    this.#end(last);
    if (this.#isStored && last !== undefined && !last.nalUnits.some(isVclNalUnit)) {
      const message =
        this.#accessUnits === 0
          ? "There is no picture: no NAL unit of type 1 to 5"
          : "The stream ends in NAL units that belong to no picture";
      this.#findings.push({ rule: "no-vcl", severity: "warning", clause: "H.264 7.4.1.2.3", message });
    }
    if (this.#accessUnits > 0) this.#foundStart(this.#beforeStart);
    const layers = layerTypes.filter((type) => (this.#nalUnits[type] as number) > 0);
    if (layers.length > 0) {
      const message = `NAL units of type ${layers.join(", ")} belong to other layers or views, which are counted and not read`;
      this.#findings.push({ rule: "layers", severity: "warning", clause: "H.264 Annexes G, H, I", message });
    }
    if (this.#startCodes > 0) {
      const message = `${this.#startCodes} length(s) or packet(s) frame a byte stream as one NAL unit: it was split at its start codes`;
      this.#findings.push({ rule: "start-code-inside", severity: "error", clause: "H.264 7.4.1", message });
    }
    if (this.#splitter.skippedAccessUnits > 0) {
      const message = `${this.#splitter.skippedAccessUnits} access unit(s) are too large to be read`;
      this.#findings.push({ rule: "too-large", severity: "error", message });
    }
  }

  /** The counts so far. */
  report(): Omit<InspectReport, "format" | "findings"> {
    const nalUnits: Record<string, number> = {};
    for (const [type, count] of this.#nalUnits.entries()) if (count > 0) nalUnits[type] = count;
    const sei = Object.fromEntries([...this.#sei].sort(([a], [b]) => a - b));
    return { accessUnits: this.#accessUnits, nalUnits, sei, userData: this.#userData };
  }

  #end(accessUnit: AccessUnitNals | undefined): void {
    if (accessUnit === undefined || !accessUnit.nalUnits.some(isVclNalUnit)) return;
    this.#ended(accessUnit);
    this.#accessUnits += 1;
    if (this.#beforeStart === undefined) return;
    if (!accessUnit.isKeyFrame && !this.#hasRecoveryPoint) this.#beforeStart += 1;
    else this.#foundStart(this.#beforeStart);
  }

  #foundStart(before: number | undefined): void {
    this.#beforeStart = undefined;
    if (before === undefined || before === 0) return;
    const message = `${before} access unit(s) come before the first key frame: decoders begin there, and some drop them`;
    this.#findings.push({ rule: "late-key-frame", severity: "warning", message });
  }

  readonly #readMessage = ({ payloadType, payload }: SeiMessage): void => {
    this.#sei.set(payloadType, (this.#sei.get(payloadType) ?? 0) + 1);
    if (payloadType === SeiPayloadType.RecoveryPoint) this.#hasRecoveryPoint = true;
    if (payloadType !== SeiPayloadType.UserDataUnregistered || payload.length < 16) return;
    this.#userData.push({
      uuid: formatUuid(payload),
      bytes: payload.length,
      sha256: createHash("sha256").update(payload).digest("hex"),
    });
  };

  /** Reports what is broken in a NAL unit that is read here. */
  #report(nal: Uint8Array, type: number): void {
    const isRead = type === NalUnitType.Sei || type === NalUnitType.AccessUnitDelimiter;
    if (!isRead && (nal[0] as number) < 0x80 && type > 0 && type < 24) return;
    lintNalUnit(nal, this.#found);
  }

  readonly #found = (finding: Finding): void => {
    if (brokenRules.has(finding.rule)) this.#findings.push({ ...finding, accessUnit: this.#accessUnits });
  };
}
