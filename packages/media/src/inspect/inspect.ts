import { type Finding, FindingList } from "@inband/h264";
import { checkOptions } from "@inband/stream";
import type { Bitstream } from "../bitstream/bitstream.ts";
import { openBitstream } from "../bitstream/open-bitstream.ts";
import { EventLoopTurns } from "./event-loop-turns.ts";
import type { InspectReport } from "./inspect-report.ts";
import { Inspection } from "./inspection.ts";
import { type StreamLinter, streamLinter } from "./stream-linter.ts";

/** How {@link inspect} reads. */
export interface InspectOptions {
  /**
   * Whether the report has every violated rule of the standards, not only what could not be read.
   *
   * @defaultValue false
   */
  readonly lint?: boolean;
  /** Ends reading; what has been read is reported. */
  readonly signal?: AbortSignal;
  /** Called once, before the first byte is read, with an object that says at any time how far reading has come. */
  readonly opened?: (progress: { readonly sizeBytes: number | undefined; readonly readBytes: number }) => void;
}

const optionNames: ReadonlySet<string> = new Set(["lint", "signal", "opened"] satisfies (keyof InspectOptions)[]);

/** NAL units between two looks at the clock. */
const nalUnitsOfTurn = 64;
/** More findings of one rule add nothing, and a stream of hours may have millions. */
const mostOfRule = 100;

const stopped: Finding = { rule: "stopped", severity: "warning", message: "Reading was stopped before the end" };

/**
 * Reports what is in a file or URL, as it is stored. Memory does not grow with the file, except by one entry for each
 * message of user data, and by the bytes of a byte stream that is linted.
 *
 * @throws MediaError when there is no such file or URL; a file that cannot be read is a finding. TypeError for an input
 * that is not a name, or an option of another name.
 *
 * @example
 * ```ts
 * const { accessUnits, sei, findings } = await inspect("recording.mp4", { lint: true });
 * ```
 */
export async function inspect(input: string, options: InspectOptions = {}): Promise<InspectReport> {
  checkOptions(options, optionNames);
  const { lint = false, signal, opened } = options;
  let opening: Bitstream | undefined;
  try {
    opening = await openBitstream(input, signal === undefined ? {} : { signal });
  } catch (error) {
    if (signal?.aborted !== true) throw error;
    return { format: "unknown", accessUnits: 0, nalUnits: {}, sei: {}, userData: [], findings: [stopped] };
  }
  await using bitstream = opening;
  opened?.(bitstream);
  const findings = new FindingList({ mostOfRule, omitted: (count) => `${count} more of this kind are not listed` });
  const linter: StreamLinter | undefined = lint ? streamLinter(bitstream, input, findings) : undefined;
  const inspection = new Inspection(findings, !lint, ({ nalUnits }) => linter?.accessUnit(nalUnits));
  try {
    await readAll(bitstream, inspection, linter, signal);
  } catch (error) {
    if (signal?.aborted !== true) throw error;
  }
  inspection.end();
  try {
    signal?.throwIfAborted();
    await linter?.end(signal);
  } catch (error) {
    if (signal?.aborted !== true) throw error;
    findings.push(stopped);
  }
  for (const finding of bitstream.findings) findings.push(finding);
  const report = inspection.report();
  const { samples } = inspection;
  if (samples > 0 && samples !== report.accessUnits) {
    const message = `${samples} samples hold ${report.accessUnits} access units: each should hold one`;
    const clause = "ISO/IEC 14496-15 5.3.4.2";
    findings.push({ rule: "samples", severity: "warning", clause, message });
  }
  if (Object.keys(report.nalUnits).length === 0 && findings.all().length === 0) {
    findings.push({ rule: "no-nal-unit", severity: "warning", message: "There is no NAL unit" });
  }
  return { format: bitstream.format, ...report, findings: findings.all() };
}

async function readAll(
  bitstream: Bitstream,
  inspection: Inspection,
  linter: StreamLinter | undefined,
  signal: AbortSignal | undefined,
): Promise<void> {
  inspection.readParameterSets(bitstream.parameterSets);
  const turns = new EventLoopTurns();
  for await (const group of bitstream) {
    inspection.beginGroup(group);
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
}
