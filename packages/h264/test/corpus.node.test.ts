import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import {
  detectFormat,
  H264Error,
  lintAnnexB,
  nalUnitType,
  parseSei,
  readUserData,
  splitAccessUnits,
  splitAnnexB,
} from "@inband/h264";
import { describe, expect, it } from "vitest";
import { chunks } from "./arbitraries.ts";

/** One file of the corpus, and what FFmpeg, GStreamer and an independent parser say about it. */
interface CorpusFile {
  readonly file: string;
  readonly kind: string;
  readonly ground_truth?: {
    readonly au: number;
    readonly nal_types: Readonly<Record<string, number>>;
    readonly sei_types: Readonly<Record<string, number>>;
    readonly user_data: number;
    readonly agree: boolean;
  };
}

const folder = process.env.INBAND_CORPUS ?? "";
const manifest = join(folder, "manifest.json");
const isThere = folder !== "" && existsSync(manifest);
const files: readonly CorpusFile[] = isThere ? JSON.parse(readFileSync(manifest, "utf8")) : [];
const byteStreams = files.filter(({ kind, ground_truth }) => kind === "annexb" && ground_truth !== undefined);

/** What is truly wrong with some of them; all others, the streams of the JVT among them, are without findings. */
const knownFindings: Readonly<Record<string, readonly string[]>> = {
  // Slices of the second view alone.
  "cisco__openh264/sps_subsetsps_bothVUI.264": ["no-vcl, H.264 7.4.1.2.3"],
  // Ends in a start code.
  "Eyevinn__mp4ff/4pics.264": ["empty-nal-unit, H.264 B.1"],
};

/** Counts by name. */
class Tally {
  readonly counts: Record<string, number> = {};

  add(name: number): void {
    this.counts[name] = (this.counts[name] ?? 0) + 1;
  }
}

function inspect(bytes: Uint8Array): { au: number; nal_types: object; sei_types: object; user_data: number } {
  const nalTypes = new Tally();
  const seiTypes = new Tally();
  let accessUnits = 0;
  let userData = 0;
  for (const { nalUnits } of splitAccessUnits(bytes)) {
    accessUnits += 1;
    for (const nal of nalUnits) {
      nalTypes.add(nalUnitType(nal));
      if (nalUnitType(nal) !== 6) continue;
      readUserData(nal, () => {
        userData += 1;
      });
      try {
        for (const { payloadType } of parseSei(nal)) seiTypes.add(payloadType);
      } catch (error) {
        expect(error).toBeInstanceOf(H264Error);
      }
    }
  }
  return { au: accessUnits, nal_types: nalTypes.counts, sei_types: seiTypes.counts, user_data: userData };
}

describe("the corpus of real byte streams", () => {
  it("is there to be read", ({ skip }) => {
    skip(!isThere, "INBAND_CORPUS names no folder with a manifest.json");
    expect(byteStreams.length).toBeGreaterThan(0);
  });

  it.each(byteStreams)("reads $file as FFmpeg does", ({ file, ground_truth }) => {
    const bytes = new Uint8Array(readFileSync(join(folder, file)));
    const found = inspect(bytes);
    if (ground_truth?.agree) {
      const { empty: _, ...nalTypes } = ground_truth.nal_types;
      expect(found).toEqual({
        au: ground_truth.au,
        nal_types: nalTypes,
        sei_types: ground_truth.sei_types,
        user_data: ground_truth.user_data,
      });
    }
    const nals = splitAnnexB(bytes);
    expect([...splitAccessUnits(chunks(bytes, [977]))].flatMap(({ nalUnits }) => nalUnits)).toEqual(nals);
    if (nals.length <= 1) return;
    expect(detectFormat(bytes).format).toBe("annexb");
    expect(lintAnnexB(bytes).map(({ rule, clause }) => `${rule}, ${clause}`)).toEqual(knownFindings[file] ?? []);
  });
});
