import { markdownTable } from "@inband/rig/markdown-table";
import { percentile } from "@inband/rig/percentile";
import { type JoinCell, type JoinResult, runJoinCell } from "./join-cell.ts";
import { lossText, percent } from "./text.ts";

/** A cell of joins with what came of it. */
export interface JoinRow {
  readonly cell: JoinCell;
  /** Which copies a key frame carries where it does not have room for all. */
  readonly choice: "newest" | "oldest";
  readonly result: JoinResult;
  /** What breaks a promise; empty when none is broken. */
  readonly breaches: readonly string[];
}

const rates = [3, 10, 30] as const;
const losses = [0, 0.05].map((rate) => ({ rate, burst: 1 }));

/** Runs the joins of one cell. The laboratory's own outbox, which knows the other choice, keeps the default schedule. */
export function joinRow(cell: JoinCell, choice: JoinRow["choice"] = "newest"): JoinRow {
  const schedule = { offsets: [0, 1, 2], keyFrames: 2, keyFrameChoice: choice } as const;
  const result = runJoinCell(choice === "newest" ? cell : { ...cell, schedule });
  const breaches = [
    ...(result.inOrder < result.joins ? [`${result.joins - result.inOrder} joins were not in order`] : []),
    ...(result.misreported > 0 ? [`${result.misreported} messages from before a join were reported missing`] : []),
    ...(result.twice > 0 ? [`${result.twice} messages came twice`] : []),
  ];
  return { cell, choice, result, breaches };
}

/** Runs joins at every rate of messages and loss, and hands each row on when it is there. */
export function runJoins(seed: number, joins: number, done: (row: JoinRow) => void): JoinRow[] {
  const rows: JoinRow[] = [];
  for (const receiver of ["packets", "frames"] as const) {
    for (const messagesPerSecond of rates) {
      for (const loss of losses) {
        for (const choice of ["newest", "oldest"] as const) {
          const row = joinRow({ seed, joins, messagesPerSecond, loss, receiver }, choice);
          rows.push(row);
          done(row);
        }
      }
    }
  }
  return rows;
}

/** One line for the terminal. */
export function joinText({ cell, choice, result }: JoinRow): string {
  return [
    `joins, ${cell.receiver}`.padEnd(17),
    lossText(cell.loss).padStart(19),
    `${cell.messagesPerSecond} a second, ${choice} first`.padEnd(28),
    `${result.inOrder} of ${result.joins} in order`.padStart(21),
    `${percent(result.beforeDelivered / result.before)} of the last 5 s`.padStart(24),
    `${percent(result.sinceDelivered / result.since)} since`.padStart(15),
    `${result.stale} stale`,
  ].join("  ");
}

/** The table of docs/loss.md. */
export function joinTable(rows: readonly JoinRow[]): string {
  const newest = rows.filter(({ choice }) => choice === "newest");
  return markdownTable([
    [
      "receiver",
      "messages a second",
      "lost packets",
      "joins in order",
      "of the last 5 s came",
      "with the oldest first",
      "came and was behind",
      "published since, came",
      "p50/p95 of the first second",
    ],
    ...newest.map(({ cell, result }) => {
      const other = rows.find((row) => row.choice === "oldest" && isSame(row.cell, cell))?.result ?? result;
      const { latenciesMs } = result;
      return [
        cell.receiver === "packets" ? "Node" : "browser",
        String(cell.messagesPerSecond),
        lossText(cell.loss),
        `${result.inOrder} of ${result.joins}`,
        percent(result.beforeDelivered / result.before),
        percent(other.beforeDelivered / other.before),
        String(result.stale),
        percent(result.sinceDelivered / result.since),
        `${percentile(latenciesMs, 0.5).toFixed(0)}/${percentile(latenciesMs, 0.95).toFixed(0)} ms`,
      ];
    }),
  ]);
}

function isSame(a: JoinCell, b: JoinCell): boolean {
  return a.receiver === b.receiver && a.messagesPerSecond === b.messagesPerSecond && a.loss.rate === b.loss.rate;
}
