/**
 * Measures what arrives when packets are lost: in virtual time with a receiver in Node, and over real peers. Without
 * options it takes about twenty minutes and writes docs/loss.md and docs/loss.svg.
 *
 * `npm run loss -- [--short] [--schedules] [--seed S]`
 *
 * @module
 */
import { cpus, loadavg } from "node:os";
import type { Loss } from "@inband/rig/channel";
import { percentile } from "@inband/rig/percentile";
import { commandOptions } from "../../scripts/command-options.ts";
import type { Balance } from "./account.ts";
import { joinText, runJoins } from "./join-rows.ts";
import type { RealResult } from "./real-cell.ts";
import { chromiumCells, isLate, runReal, weriftCells } from "./real-cells.ts";
import { type Measured, writeReport } from "./report.ts";
import { chooseSchedule } from "./schedule-choice.ts";
import { lossText, percent } from "./text.ts";
import {
  comparedSpacing,
  delivery,
  deliveryWithin,
  inTimeMs,
  keyFrameAllowances,
  keyFrameLosses,
  lossRates,
  percentiles,
  type Repetition,
  repetitions,
  scheduleLosses,
  schedules,
  type VirtualRow,
} from "./virtual-cells.ts";
import { runVirtual, type VirtualTask } from "./virtual-rows.ts";

const usage = `npm run loss -- [--short] [--schedules] [--seed S]

  --short      few messages, and nothing is written
  --schedules  compares schedules of copies instead
  --seed S     an integer, which loses the same packets again`;
const values = commandOptions(usage, {
  short: { type: "boolean", default: false },
  schedules: { type: "boolean", default: false },
  seed: { type: "string", default: "1" },
});
const { short } = values;
const seed = Number(values.seed);
if (!Number.isSafeInteger(seed)) {
  console.error("--seed takes an integer");
  process.exit(2);
}
const startLoad = loadavg()[0] ?? 0;
let broken = 0;
let missed = 0;

if (values.schedules) await compare(short ? 2000 : 25_000);
else {
  const virtual = await runVirtual(virtualTasks(short ? 2000 : 25_000), printVirtual);
  const joins = runJoins(seed, short ? 10 : 200, (row) => {
    console.log(joinText(row));
    printBroken(seed, row.breaches);
  });
  const compared = short ? undefined : await compare(25_000);
  const [werift, chromium] = await measureReal();
  const [cpu] = cpus();
  const machine = `${cpu?.model.trim() ?? "unknown processor"}, ${cpus().length} cores, Node ${process.versions.node}, load ${startLoad.toFixed(2)} at the start`;
  if (compared !== undefined) await writeReport({ machine, seed, virtual, joins, ...compared, werift, chromium });
}
if (missed > 0) console.log(`Cells that missed their goal: ${missed}`);
if (broken > 0) {
  console.log(`Cells that broke a promise: ${broken}`);
  process.exitCode = 1;
}

/** One after the other, and together when `short`: then nothing is measured. */
async function measureReal(): Promise<[RealResult[], RealResult[]]> {
  if (short) {
    return Promise.all([runReal(weriftCells(true, seed), printReal), runReal(chromiumCells(true, seed), printReal)]);
  }
  const werift = await runReal(weriftCells(false, seed), printReal, { lateAgain: true });
  return [werift, await runReal(chromiumCells(false, seed), printReal, { lateAgain: true })];
}

function virtualTasks(messages: number): VirtualTask[] {
  const losses = short
    ? [{ rate: 0.05, burst: 1 }]
    : [1, 3, 8].flatMap((burst) =>
        lossRates.filter((rate) => burst === 1 || rate > 0).map((rate) => ({ rate, burst })),
      );
  return losses.flatMap((loss) => repetitions.map((repetition): VirtualTask => [repetition, loss, messages, { seed }]));
}

/** Other schedules, and more room on key frames. */
async function compare(messages: number): Promise<Pick<Measured, "schedules" | "allowances">> {
  const tasks = (repetitions: readonly Repetition[], losses: readonly Loss[]): VirtualTask[] =>
    (["packets", "frames"] as const).flatMap((receiver) =>
      losses.flatMap((loss) =>
        repetitions.map(
          (repetition): VirtualTask => [repetition, loss, messages, { seed, receiver, spacing: comparedSpacing }],
        ),
      ),
    );
  const compared = await runVirtual(tasks(schedules, scheduleLosses), printVirtual);
  const { inTime, chosen } = chooseSchedule(compared);
  console.log(
    `In time: ${inTime.map(({ name }) => name).join(", ") || "none"}; the rule takes ${chosen?.name ?? "none"}`,
  );
  return { schedules: compared, allowances: await runVirtual(tasks(keyFrameAllowances, keyFrameLosses), printVirtual) };
}

function printVirtual({ repetition, loss, receiver, seed, result, breaches }: VirtualRow): void {
  const times = percentiles(result).map((ms) => ms.toFixed(0));
  console.log(
    [
      `virtual, ${receiver}`.padEnd(17),
      lossText(loss).padStart(19),
      repetition.name.padEnd(28),
      percent(delivery(result)).padStart(9),
      `${percent(deliveryWithin(result, inTimeMs))} in ${inTimeMs} ms`.padStart(19),
      `${times.join("/")} ms`.padStart(15),
      `${result.bytesPerMessage.toFixed(0)} B`.padStart(6),
      edgesText(result),
    ].join("  "),
  );
  printBroken(seed, breaches);
}

function printReal(result: RealResult): void {
  const { cell, balance, lateness, frames, verdict, breaches } = result;
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
      `${balance.reported} reported`.padStart(13),
      `frames ${lateness.p99Ms.toFixed(0)}/${lateness.maxMs.toFixed(0)} ms late`.padStart(21),
      edgesText(balance),
    ].join("  "),
  );
  if (frames !== undefined) {
    console.log(
      `  frames whole ${frames.whole}, read ${frames.wholeAndRead}; broken ${frames.broken}, read ${frames.brokenAndRead}`,
    );
  }
  if (isLate(result)) console.log("  LATE: the frames of this cell were late; its figures are those of a busy machine");
  if (verdict !== undefined && verdict.missed.length > 0) {
    missed += 1;
    console.log(`  GOAL NOT MET: ${verdict.missed.join(", ")}`);
  }
  printBroken(cell.seed, breaches);
}

/** What was lost and not reported. */
function edgesText({ unreportedBefore, unreportedBehind, unreportedTopics }: Balance): string {
  const counts = { before: unreportedBefore, behind: unreportedBehind, "of lost topics": unreportedTopics };
  const found = Object.entries(counts).filter(([, count]) => count > 0);
  return found.length === 0 ? "" : `unreported: ${found.map(([where, count]) => `${count} ${where}`).join(", ")}`;
}

function printBroken(seed: number, breaches: readonly string[]): void {
  if (breaches.length === 0) return;
  broken += 1;
  console.log(`BROKEN, seed ${seed}: ${breaches.join(", ")}`);
}
