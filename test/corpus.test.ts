import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { inspect } from "@inband/media/inspect";
import { describe, expect, it } from "vitest";

/** One file of the corpus. */
interface CorpusFile {
  readonly file: string;
  readonly kind: string;
  readonly ground_truth?: {
    readonly au: number;
    readonly nal_types: Readonly<Record<string, number>>;
    readonly sei_types: Readonly<Record<string, number>>;
    readonly agree: boolean;
  };
}

/** What FFmpeg's trace_headers and an independent parser say about it. */
interface GroundTruth {
  readonly python: { readonly user_data: readonly { readonly size: number; readonly sha256: string }[] };
  /** `rc` is not 0 where FFmpeg could not open the file: then it says nothing. */
  readonly ffmpeg_trace_headers: { readonly rc: number };
}

const folder = process.env.INBAND_CORPUS ?? "";
const manifest = join(folder, "manifest.json");
const isThere = folder !== "" && existsSync(manifest);
const files: readonly CorpusFile[] = isThere ? JSON.parse(readFileSync(manifest, "utf8")) : [];

function groundTruth({ file }: CorpusFile): GroundTruth {
  return JSON.parse(readFileSync(join(folder, `${file}.gt.json`), "utf8")) as GroundTruth;
}

const known = files.filter(({ ground_truth }) => ground_truth !== undefined);
const isAgreed = (file: CorpusFile): boolean =>
  file.ground_truth?.agree === true && groundTruth(file).ffmpeg_trace_headers.rc === 0;
const agreed = known.filter(isAgreed);
const disputed = known.filter((file) => !isAgreed(file));
const odd = files.filter(({ ground_truth }) => ground_truth === undefined);

describe("inspect, on the corpus", () => {
  it.each(agreed)("equals what the oracles agree on: $file", async (file) => {
    const { au, nal_types, sei_types } = file.ground_truth as NonNullable<CorpusFile["ground_truth"]>;
    // A start code with nothing behind it is no NAL unit.
    const { empty: _, ...nalUnits } = nal_types;
    const report = await inspect(join(folder, file.file));
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
    const report = await inspect(join(folder, file));
    expect(report.findings.length).toBeGreaterThan(0);
  });

  it.each(odd.filter(({ kind }) => kind === "gofuzz"))(
    "has a finding for a seed of a fuzz test: $file",
    async (file) => {
      for (const lint of [false, true]) {
        const report = await inspect(join(folder, file.file), { lint });
        expect(report.findings.map(({ rule }) => rule)).toContain("fuzz-seed");
      }
    },
  );

  it.each(odd.filter(({ kind }) => kind !== "gofuzz"))("reads RTP: $file", async ({ file, kind }) => {
    const report = await inspect(join(folder, file));
    expect(report.format).toBe(kind === "rtp-payload" ? "rtp" : "rfc4571");
    expect(Object.keys(report.nalUnits).length + report.findings.length).toBeGreaterThan(0);
  });

  it("finds the same in one stream however it was packetized", async ({ skip }) => {
    skip(!isThere, "INBAND_CORPUS names no folder with a manifest.json");
    const packetized = files.filter(({ kind }) => kind === "rtp-rfc4571");
    const reports = await Promise.all(packetized.map(({ file }) => inspect(join(folder, file), { lint: true })));
    expect(reports.length).toBeGreaterThan(1);
    for (const { findings: _, ...report } of reports) {
      expect(report.nalUnits[6]).toBe(541);
      expect({ ...report, findings: [] }).toEqual({ ...reports[0], findings: [] });
    }
  });
});

it("has a corpus to inspect", ({ skip }) => {
  skip(!isThere, "INBAND_CORPUS names no folder with a manifest.json");
  expect(agreed.length).toBeGreaterThan(0);
  expect(disputed.length).toBeGreaterThan(0);
});
