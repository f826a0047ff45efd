import type { Loss } from "@inband/rig/channel";
import { percentile } from "@inband/rig/percentile";
import { standardErrorOfLost } from "./account.ts";
import type { VirtualRow } from "./virtual-cells.ts";

/** What a default schedule has to keep, to a browser that reads whole access units, at 5 % random loss. */
export const p95LimitMs = 100;
const p95Loss: Loss = { rate: 0.05, burst: 1 };

/** What the rule looks at, of one schedule. */
export interface ScheduleFigures {
  readonly name: string;
  /** At 5 % random loss, for a receiver that reads whole access units. */
  readonly p95Ms: number;
  /** Lost in all cells with bursts, to both receivers. */
  readonly lostInBursts: number;
  readonly standardError: number;
  readonly bytesPerMessage: number;
}

/** What the rule says. */
export interface ScheduleChoice {
  /** Of those that keep the limit of time, in the order of the rows. */
  readonly inTime: readonly ScheduleFigures[];
  /** Absent when none keeps the limit. */
  readonly chosen: ScheduleFigures | undefined;
}

/**
 * The schedule for everyone: of those that keep the limit of time the one that loses fewest in bursts, and of those
 * that lose no more than three standard errors more than it, the one of fewest bytes.
 */
export function chooseSchedule(rows: readonly VirtualRow[]): ScheduleChoice {
  const names = [...new Set(rows.map(({ repetition }) => repetition.name))];
  const inTime = names
    .map((name) => figuresOf(rows.filter(({ repetition }) => repetition.name === name)))
    .filter(({ p95Ms }) => p95Ms <= p95LimitMs);
  const [fewest] = inTime.toSorted((a, b) => a.lostInBursts - b.lostInBursts);
  if (fewest === undefined) return { inTime, chosen: undefined };
  const [chosen] = inTime
    .filter((figures) => !isMoreLost(figures, fewest))
    .toSorted((a, b) => a.bytesPerMessage - b.bytesPerMessage);
  return { inTime, chosen };
}

/** Whether two cells differ in what was lost by more than three standard errors. */
export function differ(a: VirtualRow, b: VirtualRow): boolean {
  const lost = ({ result }: VirtualRow): number => result.published - result.delivered;
  const error = Math.hypot(standardErrorOfLost(a.result), standardErrorOfLost(b.result));
  return Math.abs(lost(a) - lost(b)) > 3 * error;
}

function figuresOf(rows: readonly VirtualRow[]): ScheduleFigures {
  const [first] = rows;
  const timed = rows.find(
    ({ receiver, loss }) => receiver === "frames" && loss.rate === p95Loss.rate && loss.burst === p95Loss.burst,
  );
  const inBursts = rows.filter(({ loss }) => loss.burst > 1);
  return {
    name: first?.repetition.name ?? "",
    p95Ms: timed === undefined ? Number.POSITIVE_INFINITY : percentile(timed.result.latenciesMs, 0.95),
    lostInBursts: inBursts.reduce((sum, { result }) => sum + result.published - result.delivered, 0),
    standardError: Math.hypot(...inBursts.map(({ result }) => standardErrorOfLost(result))),
    bytesPerMessage: first?.result.bytesPerMessage ?? 0,
  };
}

function isMoreLost(a: ScheduleFigures, b: ScheduleFigures): boolean {
  return a.lostInBursts - b.lostInBursts > 3 * Math.hypot(a.standardError, b.standardError);
}
