import { type Bitstream, openBitstream } from "@inband/media";
import { EventLoopTurns } from "./event-loop-turns.ts";
import { Findings } from "./findings.ts";
import type { Finding, InspectReport } from "./inspect-report.ts";
import { Inspection } from "./inspection.ts";
import { type StreamLinter, streamLinter } from "./stream-linter.ts";

/** How {@link inspect} reads. */
export interface InspectOptions {
  /** Adds every rule of the standards that is broken. @defaultValue false: only what could not be read */
  readonly lint?: boolean;
  /** Ends reading; what has been read is reported. */
  readonly signal?: AbortSignal;
  /** Is told, once and before the first byte is read, how far reading has come and how far it will. */
  readonly opened?: (progress: { readonly sizeBytes: number | undefined; readonly readBytes: number }) => void;
}

/** Between two looks at the clock. */
const nalUnitsOfTurn = 64;

const stopped: Finding = { rule: "stopped", severity: "warning", message: "Reading was stopped before the end" };

/**
 * Tells what is in a file or URL, as it is stored. Memory does not grow with the file, but for one entry for each
 * message of user data, and for the bytes of a byte stream that is linted.
 *
 * @throws MediaError when there is no such file or URL; a file that cannot be read is a finding.
 */
export async function inspect(
  input: string,
  { lint = false, signal, opened }: InspectOptions = {},
): Promise<InspectReport> {
  let opening: Bitstream | undefined;
  try {
    opening = await openBitstream(input, signal === undefined ? {} : { signal });
  } catch (error) {
    if (signal?.aborted !== true) throw error;
    return { format: "unknown", accessUnits: 0, nalUnits: {}, sei: {}, userData: [], findings: [stopped] };
  }
  await using bitstream = opening;
  opened?.(bitstream);
  const findings = new Findings();
  const linter: StreamLinter | undefined = lint ? streamLinter(bitstream, input, findings) : undefined;
  const inspection = new Inspection(findings, !lint, ({ nalUnits }, index) => linter?.accessUnit(nalUnits, index));
  inspection.readParameterSets(bitstream.parameterSets);
  const turns = new EventLoopTurns();
  let samples = 0;
  try {
    for await (const group of bitstream) {
      if (group.sample !== undefined) samples += 1;
      if (group.configuration !== undefined) inspection.readParameterSets(group.configuration.parameterSets);
      linter?.group(group);
      await turns.take(signal);
      // A byte stream has been split at its start codes, RTP payloads by the depayloader, which counts them.
      const isFramed = bitstream.framing === "avcc" || group.sample !== undefined;
      for (const [index, nal] of group.nalUnits.entries()) {
        if (isFramed) inspection.pushFramed(nal);
        else inspection.push(nal);
        if (index % nalUnitsOfTurn === 0) await turns.take(signal);
      }
    }
  } catch (error) {
    if (signal?.aborted !== true) throw error;
  }
  inspection.end();
  try {
    signal?.throwIfAborted();
    await linter?.end(signal);
  } catch (error) {
    if (signal?.aborted !== true) throw error;
    findings.add(stopped);
  }
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
