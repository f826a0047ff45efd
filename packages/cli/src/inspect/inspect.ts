import { type Bitstream, openBitstream } from "@inband/media";
import { Findings } from "./findings.ts";
import type { InspectReport } from "./inspect-report.ts";
import { Inspection } from "./inspection.ts";
import { Progress } from "./progress.ts";
import { reportText } from "./report-text.ts";
import { type StreamLinter, streamLinter } from "./stream-linter.ts";

/** What `inband inspect` takes. */
export interface InspectOptions {
  /** A file or a URL. */
  readonly input: string;
  readonly json: boolean;
  readonly lint: boolean;
  /** Ends reading; what has been read is reported. */
  readonly signal: AbortSignal;
}

/**
 * Prints what is in a stream.
 *
 * @throws MediaError when there is no such file or URL; a file that cannot be read is a finding.
 */
export async function runInspect({ input, json, lint, signal }: InspectOptions): Promise<void> {
  await using bitstream = await openBitstream(input, { signal });
  using _progress = new Progress(bitstream.sizeBytes, () => bitstream.readBytes);
  const report = await inspect(bitstream, { path: input, lint, signal });
  _progress[Symbol.dispose]();
  console.log(json ? JSON.stringify(report) : reportText(input, report));
}

/** Reads a stream to its end. */
async function inspect(
  bitstream: Bitstream,
  { path, lint, signal }: { readonly path: string; readonly lint: boolean; readonly signal: AbortSignal },
): Promise<InspectReport> {
  const findings = new Findings();
  const linter: StreamLinter | undefined = lint ? streamLinter(bitstream, path, findings) : undefined;
  const inspection = new Inspection(findings, ({ nalUnits }, index) => linter?.accessUnit(nalUnits, index));
  inspection.readParameterSets(bitstream.parameterSets);
  let samples = 0;
  try {
    for await (const group of bitstream) {
      if (group.sample !== undefined) samples += 1;
      linter?.group(group);
      for (const nal of group.nalUnits) inspection.push(nal);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  if (signal.aborted) {
    findings.add({ rule: "stopped", severity: "warning", message: "Reading was stopped before the end" });
  }
  inspection.end();
  await linter?.end();
  for (const defect of bitstream.defects) findings.add(defect);
  const report = inspection.report();
  if (samples > 0 && samples !== report.accessUnits) {
    const message = `${samples} samples hold ${report.accessUnits} access units: each should hold one`;
    const clause = "ISO/IEC 14496-15 5.3.4.2";
    findings.add({ rule: "samples", severity: "warning", clause, message });
  }
  if (Object.keys(report.nalUnits).length === 0 && findings.list().length === 0) {
    findings.add({ rule: "no-nal-unit", severity: "warning", message: "There is no NAL unit" });
  }
  return { format: bitstream.format, ...report, findings: findings.list() };
}
