/**
 * Measures what arrives when packets are lost: in virtual time with a receiver in Node, and over real peers. Without
 * options it takes about ten minutes and writes docs/loss.md and docs/loss.svg.
 *
 * `npm run loss -- [--short] [--schedules] [--seed S]`
 *
 * @module
 */
import { cpus } from "node:os";
import { setImmediate as breathe } from "node:timers/promises";
import { parseArgs } from "node:util";
import { percentile } from "./account.ts";
import type { RealResult } from "./real-cell.ts";
import { chromiumCells, runReal, weriftCells } from "./real-cells.ts";
import { writeReport } from "./report.ts";
import { lossText, percent } from "./text.ts";
import {
  delivery,
  deliveryWithin,
  lossRates,
  percentiles,
  repetitions,
  schedules,
  type VirtualRow,
  virtualRow,
} from "./virtual-cells.ts";

const { values } = parseArgs({
  options: {
    short: { type: "boolean", default: false },
    schedules: { type: "boolean", default: false },
    seed: { type: "string", default: "1" },
  },
});
const { short } = values;
const seed = Number(values.seed);
if (!Number.isSafeInteger(seed)) {
  console.error("--seed takes an integer");
  process.exit(2);
}
let broken = 0;

if (values.schedules) await compareSchedules(short ? 2000 : 10_000);
else {
  const virtual = await measureVirtual(short ? 2000 : 25_000);
  const compared = short ? [] : await compareSchedules(10_000);
  const werift = await runReal(weriftCells(short, seed), printReal);
  const chromium = await runReal(chromiumCells(short, seed), printReal);
  const [cpu] = cpus();
  const machine = `${cpu?.model.trim() ?? "unknown processor"}, ${cpus().length} cores, Node ${process.versions.node}`;
  if (!short) await writeReport({ machine, seed, virtual, compared, werift, chromium });
}
if (broken > 0) {
  console.log(`Cells that broke a promise: ${broken}`);
  process.exitCode = 1;
}

async function measureVirtual(messages: number): Promise<VirtualRow[]> {
  const rows: VirtualRow[] = [];
  for (const burst of short ? [1] : [1, 3, 8]) {
    for (const rate of short ? [0.05] : lossRates.filter((rate) => burst === 1 || rate > 0)) {
      for (const repetition of repetitions) rows.push(await run(repetition, { rate, burst }, messages, { seed }));
    }
  }
  return rows;
}

async function compareSchedules(messages: number): Promise<VirtualRow[]> {
  const rows: VirtualRow[] = [];
  for (const receiver of ["packets", "frames"] as const) {
    for (const burst of [1, 3, 8]) {
      for (const repetition of schedules) {
        rows.push(await run(repetition, { rate: 0.1, burst }, messages, { seed, receiver, spacing: 3 }));
      }
    }
  }
  return rows;
}

async function run(...what: Parameters<typeof virtualRow>): Promise<VirtualRow> {
  const row = virtualRow(...what);
  // What has been settled is let go of.
  await breathe();
  const { repetition, loss, receiver, result } = row;
  const times = percentiles(result).map((ms) => ms.toFixed(0));
  console.log(
    [
      `virtual, ${receiver}`.padEnd(17),
      lossText(loss).padStart(19),
      repetition.name.padEnd(28),
      percent(delivery(result)).padStart(9),
      `${percent(deliveryWithin(result, 150))} in 150 ms`.padStart(19),
      `${times.join("/")} ms`.padStart(15),
      `${result.bytesPerMessage.toFixed(0)} B`.padStart(6),
    ].join("  "),
  );
  printBroken(row.seed, row.breaches);
  return row;
}

function printReal({ cell, balance, breaches }: RealResult): void {
  const { nack, dependencyDescriptor, copies } = cell;
  const [p50, p95] = [0.5, 0.95].map((share) => percentile(balance.latenciesMs, share).toFixed(0));
  console.log(
    [
      `werift, ${cell.receiver}`.padEnd(17),
      lossText(cell.loss).padStart(19),
      `NACK ${nack ? "on" : "off"}, DD ${dependencyDescriptor ? "on" : "off"}, RTT ${cell.rttMs}${copies ? `, ${copies} copy` : ""}`.padEnd(
        32,
      ),
      percent(balance.delivered / balance.published).padStart(9),
      `${p50}/${p95} ms`.padStart(11),
      `${balance.reported} reported, ${balance.unreportedAtEdges} lost unreported at an end`,
    ].join("  "),
  );
  printBroken(cell.seed, breaches);
}

function printBroken(seed: number, breaches: readonly string[]): void {
  if (breaches.length === 0) return;
  broken += 1;
  console.log(`BROKEN, seed ${seed}: ${breaches.join(", ")}`);
}
