import { framesPerSecond } from "@inband/rig/access-unit";
import type { Loss } from "@inband/rig/channel";
import { seedOf } from "@inband/rig/random";
import { ChromiumCells } from "./chromium-cells.ts";
import { goalOf } from "./goals.ts";
import type { RealCell, RealResult } from "./real-cell.ts";
import { lossRates } from "./virtual-cells.ts";
import { runWeriftCell } from "./werift-cell.ts";

/** Connections at a time: what two cores do without being late. */
const atOnce = { werift: 6, chromium: 5 } as const;

/** Cells that are run again because they were late. */
const maxLateAgain = 6;

type Conditions = Pick<RealCell, "nack" | "dependencyDescriptor" | "rttMs" | "loss" | "copies">;

const whole = { messages: 3000, secondsAfter: 16 } as const;
/** Of a cell that is there to show only that the laboratory runs. */
const little = { messages: 240, secondsAfter: 8 } as const;

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
          ...(kind.dependencyDescriptor && !kind.nack ? [{ ...kind, rttMs: 0, loss: random(0.01) }] : []),
          { ...kind, ...on, loss: { rate: 0.05, burst: 8 } },
          ...(kind.dependencyDescriptor ? [{ ...kind, ...on, copies: 1 }] : []),
          ...(kind.dependencyDescriptor && !kind.nack ? [{ ...kind, ...on, rttMs: 0, copies: 1 }] : []),
        ],
  );
  return conditions.map((one) => cellOf("chromium", one, short, seed));
}

/**
 * Runs cells, a few at a time and the longest first, and hands each result on when it is there; the results in the order
 * of the cells. With `lateAgain` cells whose frames were late are run once more at the end, one after the other, unless
 * they are so many that the machine is busy with something else.
 */
export async function runReal(
  cells: readonly RealCell[],
  done: (result: RealResult) => void,
  { lateAgain = false }: { readonly lateAgain?: boolean } = {},
): Promise<RealResult[]> {
  const isChromium = cells.some(({ receiver }) => receiver === "chromium");
  const chromium = isChromium ? await ChromiumCells.launch() : undefined;
  const results = new Map<RealCell, RealResult>();
  const runAll = async (waiting: RealCell[], connections: number): Promise<void> => {
    const work = async (): Promise<void> => {
      for (let cell = waiting.shift(); cell !== undefined; cell = waiting.shift()) {
        const isForChromium = chromium !== undefined && cell.receiver === "chromium";
        const result = await (isForChromium ? chromium.run(cell) : runWeriftCell(cell));
        results.set(cell, result);
        done(result);
      }
    };
    await Promise.all(Array.from({ length: connections }, work));
  };
  try {
    const longestFirst = cells.toSorted((a, b) => framesOf(b) - framesOf(a));
    await runAll(longestFirst, isChromium ? atOnce.chromium : atOnce.werift);
    const late = cells.filter((cell) => isLate(results.get(cell) as RealResult));
    if (lateAgain && late.length <= maxLateAgain) await runAll(late, 1);
    return cells.map((cell) => results.get(cell) as RealResult);
  } finally {
    await chromium?.[Symbol.asyncDispose]();
  }
}

/** Whether one frame in a hundred left later than the next one was due. */
export function isLate({ lateness }: RealResult): boolean {
  return lateness.p99Ms > 1000 / framesPerSecond;
}

function framesOf({ messages, messagesPerFrame }: RealCell): number {
  return messages / messagesPerFrame;
}

function random(rate: number): Loss {
  return { rate, burst: 1 };
}

function cellOf(receiver: RealCell["receiver"], conditions: Conditions, short: boolean, seed: number): RealCell {
  const goal = receiver === "chromium" && !short ? goalOf(conditions) : undefined;
  return {
    ...conditions,
    receiver,
    ...(short ? little : whole),
    messagesPerFrame: goal === undefined ? 4 : 1,
    seed: seedOf(seed, receiver, JSON.stringify(conditions)),
    ...(goal === undefined ? {} : { goal }),
  };
}
