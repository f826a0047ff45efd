import { createHash } from "node:crypto";
import {
  type AccessUnitNals,
  AccessUnitSplitter,
  isVclNalUnit,
  type LintFinding,
  lintNalUnit,
  NalUnitType,
  nalUnitType,
  readSei,
  type SeiMessage,
  splitFramed,
} from "@inband/h264";
import type { Findings } from "./findings.ts";
import type { InspectReport, UserDataItem } from "./inspect-report.ts";

/** ITU-T H.264 D.1.1. */
const userDataUnregistered = 5;
const recoveryPoint = 6;
/** Subset SPS and slice extensions (ITU-T H.264 Annexes G, H, I). */
const layerTypes = [15, 20, 21];

/** Of the rules of `lint`, those whose breach leaves something unread, or decoders without a way to read it. */
const brokenRules: ReadonlySet<string> = new Set([
  "forbidden-zero-bit",
  "nal-unit-type",
  "delimiter",
  "sei-size",
  "sei-empty",
  "sei-trailing-bits",
  "user-data-uuid",
]);

/** Counts what is in a stream, one NAL unit after the other. */
export class Inspection {
  readonly #findings: Findings;
  readonly #reportsBroken: boolean;
  readonly #ended: (accessUnit: AccessUnitNals, index: number) => void;
  readonly #splitter = new AccessUnitSplitter();
  readonly #nalUnits = new Array<number>(32).fill(0);
  readonly #sei = new Map<number, number>();
  readonly #userData: UserDataItem[] = [];
  #accessUnits = 0;
  /** Of what is framed as one NAL unit, how often start codes parted it into several. */
  #startCodes = 0;
  #isStored = false;
  /** Access units before the first from which a decoder can begin; undefined when it has come. */
  #beforeStart: number | undefined = 0;
  #hasRecoveryPoint = false;

  /**
   * `ended` gets every access unit that holds a picture; `reportsBroken` adds findings about SEI and delimiters that are
   * broken, where no linter does.
   */
  constructor(findings: Findings, reportsBroken: boolean, ended: (accessUnit: AccessUnitNals, index: number) => void) {
    this.#findings = findings;
    this.#reportsBroken = reportsBroken;
    this.#ended = ended;
  }

  /** Takes parameter sets that are not in the stream itself: they tell where access units end, and are not counted. */
  readParameterSets(nalUnits: readonly Uint8Array[]): void {
    for (const nal of nalUnits) this.#end(this.#splitter.push(nal));
  }

  /** Takes what a length frames as one NAL unit. */
  pushFramed(framed: Uint8Array): void {
    const nals = splitFramed(framed, this.#startCodes > 0 ? "always" : "if-broken");
    if (nals.length !== 1 || nals[0]?.length !== framed.length) this.#startCodes += 1;
    for (const nal of nals) this.push(nal);
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

  /** The stream is over. */
  end(): void {
    const last = this.#splitter.flush();
    this.#end(last);
    if (this.#isStored && last !== undefined && !last.nalUnits.some(isVclNalUnit)) {
      const message =
        this.#accessUnits === 0
          ? "There is no picture: no NAL unit of type 1 to 5"
          : "The stream ends in NAL units that belong to no picture";
      this.#findings.add({ rule: "no-vcl", severity: "warning", clause: "H.264 7.4.1.2.3", message });
    }
    if (this.#accessUnits > 0) this.#foundStart(this.#beforeStart);
    const layers = layerTypes.filter((type) => (this.#nalUnits[type] as number) > 0);
    if (layers.length > 0) {
      const message = `NAL units of type ${layers.join(", ")} belong to other layers or views, which are counted and not read`;
      this.#findings.add({ rule: "layers", severity: "warning", clause: "H.264 Annexes G, H, I", message });
    }
    if (this.#startCodes > 0) {
      const message = `${this.#startCodes} length(s) or packet(s) frame a byte stream as one NAL unit: it was split at its start codes`;
      this.#findings.add({ rule: "start-code-inside", severity: "error", clause: "H.264 7.4.1", message });
    }
    if (this.#splitter.skippedAccessUnits > 0) {
      const message = `${this.#splitter.skippedAccessUnits} access unit(s) are too large to be read`;
      this.#findings.add({ rule: "too-large", severity: "error", message });
    }
  }

  report(): Omit<InspectReport, "format" | "findings"> {
    const nalUnits: Record<string, number> = {};
    for (const [type, count] of this.#nalUnits.entries()) if (count > 0) nalUnits[type] = count;
    const sei = Object.fromEntries([...this.#sei].sort(([a], [b]) => a - b));
    return { accessUnits: this.#accessUnits, nalUnits, sei, userData: this.#userData };
  }

  #end(accessUnit: AccessUnitNals | undefined): void {
    if (accessUnit === undefined || !accessUnit.nalUnits.some(isVclNalUnit)) return;
    this.#ended(accessUnit, this.#accessUnits);
    this.#accessUnits += 1;
    if (this.#beforeStart === undefined) return;
    if (!accessUnit.isKeyFrame && !this.#hasRecoveryPoint) this.#beforeStart += 1;
    else this.#foundStart(this.#beforeStart);
  }

  #foundStart(before: number | undefined): void {
    this.#beforeStart = undefined;
    if (before === undefined || before === 0) return;
    const message = `${before} access unit(s) come before the first key frame: decoders begin there, and some drop them`;
    this.#findings.add({ rule: "late-key-frame", severity: "warning", message });
  }

  readonly #readMessage = ({ payloadType, payload }: SeiMessage): void => {
    this.#sei.set(payloadType, (this.#sei.get(payloadType) ?? 0) + 1);
    if (payloadType === recoveryPoint) this.#hasRecoveryPoint = true;
    if (payloadType !== userDataUnregistered || payload.length < 16) return;
    const hex = Buffer.from(payload.buffer, payload.byteOffset, 16).toString("hex");
    this.#userData.push({
      uuid: hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5"),
      bytes: payload.length,
      sha256: createHash("sha256").update(payload).digest("hex"),
    });
  };

  /** What is broken in a NAL unit that is read here: a linter would say it, among the rest. */
  #report(nal: Uint8Array, type: number): void {
    const isRead = type === NalUnitType.Sei || type === NalUnitType.AccessUnitDelimiter;
    if (!isRead && (nal[0] as number) < 0x80 && type > 0 && type < 24) return;
    lintNalUnit(nal, this.#found);
  }

  readonly #found = (finding: LintFinding): void => {
    if (brokenRules.has(finding.rule)) this.#findings.add({ ...finding, accessUnit: this.#accessUnits });
  };
}
