import type { SentReport, StreamReport } from "./carrier.ts";

const outcomes: ReadonlySet<unknown> = new Set(["sent", "expired", "dropped", "cancelled"]);

/**
 * A carrier's report as `SentReport` has it, whatever a carrier of the application says: what is none of its outcomes counts
 * as `dropped`, and what are no streams are left out. `wrong` is told of it.
 */
export function checkedReport(report: SentReport, wrong: (what: string) => void): SentReport {
  const streams = Array.isArray(report.streams) ? report.streams.filter(isStreamReport) : undefined;
  const isKnown = outcomes.has(report.outcome);
  if (isKnown && streams?.length === report.streams.length) return report;
  if (!isKnown) wrong("an outcome that there is not");
  if (streams?.length !== report.streams?.length || streams === undefined)
    wrong("no streams as StreamReport describes them");
  return { messageId: report.messageId, outcome: isKnown ? report.outcome : "dropped", streams: streams ?? [] };
}

function isStreamReport(value: Partial<StreamReport> | null | undefined): value is StreamReport {
  const { copies, bytes, rtpTimestamps } = value ?? {};
  return Number.isFinite(copies) && Number.isFinite(bytes) && Array.isArray(rtpTimestamps);
}
