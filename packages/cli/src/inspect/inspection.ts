import { createHash } from "node:crypto";
import {
  type AccessUnitNals,
  AccessUnitSplitter,
  escapeRbsp,
  H264Error,
  isVclNalUnit,
  NalUnitType,
  nalUnitType,
  parseSei,
  type SeiMessage,
  unescapeEbsp,
} from "@inband/h264";
import type { Findings } from "./findings.ts";
import type { InspectReport, UserDataItem } from "./inspect-report.ts";

/** ITU-T H.264 D.1.1. */
const userDataUnregistered = 5;
const recoveryPoint = 6;
/** Subset SPS and slice extensions (ITU-T H.264 Annexes G, H, I). */
const layerTypes = [15, 20, 21];

/** Counts what is in a stream, one NAL unit after the other. */
export class Inspection {
  readonly #findings: Findings;
  readonly #ended: (accessUnit: AccessUnitNals, index: number) => void;
  readonly #splitter = new AccessUnitSplitter();
  readonly #nalUnits = new Array<number>(32).fill(0);
  readonly #sei = new Map<number, number>();
  readonly #userData: UserDataItem[] = [];
  #accessUnits = 0;
  #isStored = false;
  /** Access units before the first from which a decoder can begin; undefined when it has come. */
  #beforeStart: number | undefined = 0;
  #hasRecoveryPoint = false;

  /** `ended` gets every access unit that holds a picture. */
  constructor(findings: Findings, ended: (accessUnit: AccessUnitNals, index: number) => void) {
    this.#findings = findings;
    this.#ended = ended;
  }

  /** Takes parameter sets that are not in the stream itself: they tell where access units end, and are not counted. */
  readParameterSets(nalUnits: readonly Uint8Array[]): void {
    for (const nal of nalUnits) this.#splitter.push(nal);
  }

  push(nal: Uint8Array): void {
    const type = nalUnitType(nal);
    this.#isStored = true;
    this.#nalUnits[type] = (this.#nalUnits[type] as number) + 1;
    this.#end(this.#splitter.push(nal));
    if ((nal[0] as number) & 0x80) {
      this.#broken("forbidden-zero-bit", "H.264 7.4.1", `forbidden_zero_bit is 1 in a NAL unit of type ${type}`);
    } else if (type === 0 || type > 23) {
      const message = `A NAL unit of type ${type}, which H.264 leaves unspecified`;
      this.#findings.add({
        ...{ rule: "unspecified-type", severity: "warning", clause: "H.264 Table 7-1", message },
        accessUnit: this.#accessUnits,
      });
    } else if (type === NalUnitType.Sei) this.#readSei(nal);
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
      this.#broken("no-vcl", "H.264 7.4.1.2.3", message, "warning");
    }
    if (this.#accessUnits > 0) this.#foundStart(this.#beforeStart);
    const layers = layerTypes.filter((type) => (this.#nalUnits[type] as number) > 0);
    if (layers.length > 0) {
      const message = `NAL units of type ${layers.join(", ")} belong to other layers or views, which are counted and not read`;
      this.#findings.add({ rule: "layers", severity: "warning", clause: "H.264 Annexes G, H, I", message });
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

  #readSei(nal: Uint8Array): void {
    for (const { payloadType, payload } of this.#messages(nal)) {
      this.#sei.set(payloadType, (this.#sei.get(payloadType) ?? 0) + 1);
      if (payloadType === recoveryPoint) this.#hasRecoveryPoint = true;
      if (payloadType !== userDataUnregistered) continue;
      if (payload.length < 16) {
        const message = `user_data_unregistered takes at least 16 bytes, got ${payload.length}`;
        this.#broken("user-data", "H.264 D.1.7", message);
        continue;
      }
      const hex = Buffer.from(payload.buffer, payload.byteOffset, 16).toString("hex");
      this.#userData.push({
        uuid: hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5"),
        bytes: payload.length,
        sha256: createHash("sha256").update(payload).digest("hex"),
      });
    }
  }

  /** The complete messages: those before the one that is broken are delivered as well. */
  #messages(nal: Uint8Array): SeiMessage[] {
    try {
      return parseSei(nal);
    } catch (error) {
      if (!(error instanceof H264Error)) throw error;
      this.#broken(`sei-${error.code}`, error.clause ?? "H.264 7.3.2.3", error.message);
      const whole = unescapeEbsp(nal).slice(0, (error.offset ?? 1) + 1);
      if (error.code !== "truncated" || whole.length < 3) return [];
      whole[whole.length - 1] = 0x80;
      return parseSei(escapeRbsp(whole));
    }
  }

  #broken(rule: string, clause: string, message: string, severity: "error" | "warning" = "error"): void {
    this.#findings.add({ rule, severity, clause, message, accessUnit: this.#accessUnits });
  }
}
