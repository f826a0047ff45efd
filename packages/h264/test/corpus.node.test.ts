import { readFileSync } from "node:fs";
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
import { chunks } from "@inband/rig/arbitraries";
import { corpusFiles, corpusPath, needsCorpus } from "@inband/rig/corpus";
import { describe, expect, it } from "vitest";

const byteStreams = corpusFiles.filter(({ kind, ground_truth }) => kind === "annexb" && ground_truth !== undefined);

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
  it("is there to be read", (context) => {
    needsCorpus(context);
    expect(byteStreams.length).toBeGreaterThan(0);
  });

  it.each(byteStreams)("reads $file as FFmpeg does", ({ file, ground_truth }) => {
    const bytes = new Uint8Array(readFileSync(corpusPath(file)));
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
