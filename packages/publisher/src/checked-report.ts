import type { SentReport, StreamReport } from "@inband/stream";

const outcomes: ReadonlySet<unknown> = new Set(["sent", "expired", "dropped", "cancelled"]);

/**
 * A carrier's report as `SentReport` has it, whatever a carrier of the application says: an unknown outcome counts as
 * `dropped`, and anything but a stream is left out. `wrong` is told of it.
 */
export function checkedReport(report: SentReport, wrong: (what: string) => void): SentReport {
  const { messageId, outcome } = report;
  const streams = Array.isArray(report.streams) ? report.streams.filter(isStreamReport) : [];
  const isKnown = outcomes.has(outcome);
  const isWhole = Array.isArray(report.streams) && streams.length === report.streams.length;
  if (isKnown && isWhole) return report;
  if (!isKnown) wrong("an outcome that does not exist");
  if (!isWhole) wrong("streams that StreamReport does not describe");
  return { messageId, outcome: isKnown ? outcome : "dropped", streams };
}

function isStreamReport(value: Partial<StreamReport> | null | undefined): value is StreamReport {
  const { copies, bytes, rtpTimestamps } = value ?? {};
  return Number.isFinite(copies) && Number.isFinite(bytes) && Array.isArray(rtpTimestamps);
}
