import { readFileSync } from "node:fs";
import { inspect } from "@inband/media/inspect";
import { type CorpusFile, corpusFiles, corpusPath, needsCorpus } from "@inband/rig/corpus";
import { describe, expect, it } from "vitest";

/** What FFmpeg's trace_headers and an independent parser say about it. */
interface GroundTruth {
  readonly python: { readonly user_data: readonly { readonly size: number; readonly sha256: string }[] };
  /** `rc` is not 0 where FFmpeg could not open the file: then it says nothing. */
  readonly ffmpeg_trace_headers: { readonly rc: number };
}

function groundTruth({ file }: CorpusFile): GroundTruth {
  return JSON.parse(readFileSync(corpusPath(`${file}.gt.json`), "utf8")) as GroundTruth;
}

const known = corpusFiles.filter(({ ground_truth }) => ground_truth !== undefined);
const isAgreed = (file: CorpusFile): boolean =>
  file.ground_truth?.agree === true && groundTruth(file).ffmpeg_trace_headers.rc === 0;
const agreed = known.filter(isAgreed);
const disputed = known.filter((file) => !isAgreed(file));
const odd = corpusFiles.filter(({ ground_truth }) => ground_truth === undefined);

describe("inspect, on the corpus", () => {
  it.each(agreed)("equals what the oracles agree on: $file", async (file) => {
    const { au, nal_types, sei_types } = file.ground_truth as NonNullable<CorpusFile["ground_truth"]>;
    // A start code with nothing behind it is no NAL unit.
    const { empty: _, ...nalUnits } = nal_types;
    const report = await inspect(corpusPath(file.file));
    expect({
      accessUnits: report.accessUnits,
      nalUnits: report.nalUnits,
      sei: report.sei,
      userData: report.userData.map(({ bytes, sha256 }) => ({ size: bytes, sha256 })),
    }).toEqual({
      accessUnits: au,
      nalUnits,
      sei: sei_types,
      userData: groundTruth(file).python.user_data.map(({ size, sha256 }) => ({ size, sha256 })),
    });
  });

  it.each(disputed)("has a finding where the oracles do not agree: $file", async ({ file }) => {
    const report = await inspect(corpusPath(file));
    expect(report.findings.length).toBeGreaterThan(0);
  });

  it.each(odd.filter(({ kind }) => kind === "gofuzz"))(
    "has a finding for a seed of a fuzz test: $file",
    async (file) => {
      for (const lint of [false, true]) {
        const report = await inspect(corpusPath(file.file), { lint });
        expect(report.findings.map(({ rule }) => rule)).toContain("fuzz-seed");
      }
    },
  );

  it.each(odd.filter(({ kind }) => kind !== "gofuzz"))("reads RTP: $file", async ({ file, kind }) => {
    const report = await inspect(corpusPath(file));
    expect(report.format).toBe(kind === "rtp-payload" ? "rtp" : "rfc4571");
    expect(Object.keys(report.nalUnits).length + report.findings.length).toBeGreaterThan(0);
  });

  it("finds the same in one stream however it was packetized", async (context) => {
    needsCorpus(context);
    const packetized = corpusFiles.filter(({ kind }) => kind === "rtp-rfc4571");
    const reports = await Promise.all(packetized.map(({ file }) => inspect(corpusPath(file), { lint: true })));
    expect(reports.length).toBeGreaterThan(1);
    for (const { findings: _, ...report } of reports) {
      expect(report.nalUnits[6]).toBe(541);
      expect({ ...report, findings: [] }).toEqual({ ...reports[0], findings: [] });
    }
  });
});

it("has a corpus to inspect", (context) => {
  needsCorpus(context);
  expect(agreed.length).toBeGreaterThan(0);
  expect(disputed.length).toBeGreaterThan(0);
});
