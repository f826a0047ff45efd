import { seedOf } from "../fuzz/random.ts";
import type { Loss } from "./channel.ts";
import { ChromiumCells } from "./chromium-cells.ts";
import type { RealCell, RealResult } from "./real-cell.ts";
import { lossRates } from "./virtual-cells.ts";
import { runWeriftCell } from "./werift-cell.ts";

/** Connections at a time: what two cores do without being late. */
const atOnce = { werift: 6, chromium: 4 } as const;

type Conditions = Pick<RealCell, "nack" | "dependencyDescriptor" | "rttMs" | "loss" | "copies">;

/** The cells between werift peers; a few of them when `short`. */
export function weriftCells(short: boolean, seed: number): RealCell[] {
  const on = { dependencyDescriptor: true, rttMs: 50, loss: random(0.05) };
  const conditions: Conditions[] = short
    ? [true, false].map((nack) => ({ ...on, nack }))
    : [true, false].flatMap((nack): Conditions[] => [
        ...[0, 50, 200].flatMap((rttMs) => lossRates.map((rate) => ({ ...on, nack, rttMs, loss: random(rate) }))),
        ...[3, 8].map((burst) => ({ ...on, nack, loss: { rate: 0.1, burst } })),
        ...[0.05, 0.2].map((rate) => ({ ...on, nack, loss: random(rate), copies: 1 })),
        { ...on, nack, dependencyDescriptor: false },
      ]);
  return conditions.map((one) => cellOf("werift", one, short, seed));
}

/** The cells from werift to Chromium; a few of them when `short`. */
export function chromiumCells(short: boolean, seed: number): RealCell[] {
  const kinds = [
    { nack: true, dependencyDescriptor: true },
    { nack: true, dependencyDescriptor: false },
    { nack: false, dependencyDescriptor: true },
    { nack: false, dependencyDescriptor: false },
  ];
  const on = { rttMs: 50, loss: random(0.05) };
  const conditions: Conditions[] = kinds.flatMap((kind): Conditions[] =>
    short
      ? [{ ...kind, ...on }]
      : [
          ...lossRates.map((rate) => ({ ...kind, ...on, loss: random(rate) })),
          ...(kind.dependencyDescriptor ? [0, 200].map((rttMs) => ({ ...kind, ...on, rttMs })) : []),
          { ...kind, ...on, loss: { rate: 0.05, burst: 8 } },
          ...(kind.dependencyDescriptor ? [{ ...kind, ...on, copies: 1 }] : []),
        ],
  );
  return conditions.map((one) => cellOf("chromium", one, short, seed));
}

/** Runs cells, a few at a time, and hands each result on when it is there. */
export async function runReal(cells: readonly RealCell[], done: (result: RealResult) => void): Promise<RealResult[]> {
  const isChromium = cells.some(({ receiver }) => receiver === "chromium");
  const chromium = isChromium ? await ChromiumCells.launch() : undefined;
  try {
    const results: RealResult[] = [];
    let next = 0;
    const work = async (): Promise<void> => {
      for (let at = next++; at < cells.length; at = next++) {
        const cell = cells[at] as RealCell;
        const result = await (cell.receiver === "chromium" ? chromium?.run(cell) : runWeriftCell(cell));
        if (result === undefined) continue;
        results[at] = result;
        done(result);
      }
    };
    await Promise.all(Array.from({ length: isChromium ? atOnce.chromium : atOnce.werift }, work));
    return results;
  } finally {
    await chromium?.[Symbol.asyncDispose]();
  }
}

function random(rate: number): Loss {
  return { rate, burst: 1 };
}

function cellOf(receiver: RealCell["receiver"], conditions: Conditions, short: boolean, seed: number): RealCell {
  return { ...conditions, receiver, seconds: short ? 2 : 8, seed: seedOf(seed, receiver, JSON.stringify(conditions)) };
}
