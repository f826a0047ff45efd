import { setImmediate as breathe } from "node:timers/promises";
import { percentile } from "@inband/rig/percentile";
import type { RealCell, RealResult } from "../test/loss/real-cell.ts";
import { chromiumCells, isLate, runReal } from "../test/loss/real-cells.ts";
import { lossText } from "../test/loss/text.ts";
import { delivery as share, virtualRow } from "../test/loss/virtual-cells.ts";
import { type Benchmark, msAtMost, type Outcome, type Row, shareAtLeast } from "./row.ts";

const seed = 1;
const messages = 25_000;

/** Loss rates and copies of a receiver in Node. */
const virtualCells = [
  { rate: 0.01, copies: 1 },
  { rate: 0.05, copies: 1 },
  { rate: 0.05, copies: 3 },
  { rate: 0.2, copies: 1 },
  { rate: 0.2, copies: 3 },
  { rate: 0.2, copies: 5 },
] as const;

/** What the loss laboratory measures and `npm run loss` writes down in whole: the cells that have a goal, run anew. */
export const delivery: Benchmark = {
  name: "delivery",
  async run(): Promise<Outcome> {
    return { rows: [...(await inNode()), ...(await inChromium())] };
  },
};

/**
 * In virtual time, without NACK: no two messages share a packet, so that 1 - p^n come by chance. What stays below by more
 * than three standard errors is measured once more, and counts as one with the first.
 */
async function inNode(): Promise<Row[]> {
  const rows: Row[] = [];
  for (const { rate, copies } of virtualCells) {
    const expected = 1 - rate ** copies;
    let came = await deliveredIn(rate, copies, seed);
    let all = messages;
    if (came < leastOf(expected, all) * all) {
      came += await deliveredIn(rate, copies, seed + 1);
      all += messages;
    }
    const name = `delivery in Node, no NACK, ${lossText({ rate, burst: 1 })} lost, ${copiesText(copies)}`;
    rows.push(shareAtLeast(name, came / all, `1 - p^${copies}`, expected, leastOf(expected, all)));
  }
  return rows;
}

/** How many of the messages come. */
async function deliveredIn(rate: number, copies: number, seed: number): Promise<number> {
  const repetition = { name: copiesText(copies), copies, keyFrameCopies: 0, n: copies };
  const { result, breaches } = virtualRow(repetition, { rate, burst: 1 }, messages, { seed });
  // What has been settled is let go of.
  await breathe();
  if (breaches.length > 0) throw new Error(`In Node, ${repetition.name}: ${breaches.join(", ")}`);
  return result.delivered;
}

/** Three standard errors below the expected share. */
function leastOf(expected: number, count: number): number {
  return expected - 3 * Math.sqrt((expected * (1 - expected)) / count);
}

function copiesText(copies: number): string {
  return copies === 1 ? "1 copy" : `${copies} copies`;
}

/** With what the library does by default, beside one copy without the Dependency Descriptor. */
async function inChromium(): Promise<Row[]> {
  const cells = chromiumCells(false, seed).filter(
    ({ goal, rttMs, nack, dependencyDescriptor }) => goal !== undefined && rttMs > 0 && (dependencyDescriptor || !nack),
  );
  const anchors = new Map(cells.map((cell) => [conditionsOf(cell), anchorOf(cell)]));
  const results = await runReal([...cells, ...anchors.values()], () => undefined);
  for (const { breaches, cell } of results) {
    if (breaches.length > 0) throw new Error(`In Chromium, ${conditionsOf(cell)}: ${breaches.join(", ")}`);
  }
  const resultOf = (wanted: RealCell | undefined): RealResult => {
    const result = results.find(({ cell }) => cell === wanted);
    if (result === undefined) throw new Error("A cell of the loss laboratory has no result");
    return result;
  };
  return cells.flatMap((cell) => rowsOf(resultOf(cell), resultOf(anchors.get(conditionsOf(cell)))));
}

function rowsOf(ours: RealResult, anchor: RealResult): Row[] {
  const { goal, dependencyDescriptor, rttMs, nack } = ours.cell;
  if (goal === undefined) return [];
  const descriptor = nack ? "" : `, ${dependencyDescriptor ? "" : "no "}Dependency Descriptor`;
  const late = isLate(ours) ? ", frames late" : "";
  const name = `delivery to Chromium, ${conditionsOf(ours.cell)}${descriptor}, round trip ${rttMs} ms${late}`;
  const anchorName = "one copy, no Dependency Descriptor";
  const p95Ms = ({ balance }: RealResult): number => percentile(balance.latenciesMs, 0.95);
  return [
    shareAtLeast(name, share(ours.balance), anchorName, share(anchor.balance), goal.delivery),
    ...(goal.p95Ms === undefined
      ? []
      : [msAtMost(`${name}, p95`, p95Ms(ours), `${anchorName}, p95 of those that came`, p95Ms(anchor), goal.p95Ms)]),
  ];
}

function conditionsOf({ nack, loss }: RealCell): string {
  return `${nack ? "NACK" : "no NACK"}, ${lossText(loss)} lost`;
}

/** Four messages on each frame: it is there to compare, and shall not take as long. */
function anchorOf({ goal: _, ...cell }: RealCell): RealCell {
  return { ...cell, copies: 1, dependencyDescriptor: false, messagesPerFrame: 4 };
}
