import type { Loss } from "@inband/rig/channel";
import { percentile } from "@inband/rig/percentile";
import { seedOf } from "@inband/rig/random";
import { type Balance, breaches } from "./account.ts";
import type { Schedule } from "./schedule-carrier.ts";
import { runVirtualCell, type VirtualCell, type VirtualResult } from "./virtual-cell.ts";

/** A way to repeat messages, by name. */
export interface Repetition {
  readonly name: string;
  readonly copies?: number;
  readonly keyFrameCopies?: number;
  readonly schedule?: Schedule;
  readonly keyFrameBytes?: number;
  /** Copies on consecutive access units: what 1 - p^n counts. */
  readonly n: number;
}

/** What the library can be told, and its default. */
export const repetitions: readonly Repetition[] = [
  { name: "1 copy", copies: 1, keyFrameCopies: 0, n: 1 },
  { name: "3 copies", copies: 3, keyFrameCopies: 0, n: 3 },
  { name: "5 copies", copies: 5, keyFrameCopies: 0, n: 5 },
  { name: "default", n: 3 },
];

/** Schedules that might be a better default; the first is the default, built by the laboratory. */
export const schedules: readonly Repetition[] = [
  [0, 1, 2],
  [0, 1, 3],
  [0, 1, 4],
  [0, 2, 3],
  [0, 2, 4],
].flatMap((offsets) =>
  [2, 0].map((keyFrames) => ({
    name: `${offsets.map((offset) => `+${offset}`).join(" ")}${keyFrames === 0 ? "" : " and 2 key frames"}`,
    schedule: { offsets, keyFrames },
    n: offsets.length,
  })),
);

/** Access units from one message to the next where ways to repeat are compared: ten messages a second. */
export const comparedSpacing = 3;

/** A message that comes later than this is late. */
export const inTimeMs = 150;

/** What they are compared under. */
export const scheduleLosses: readonly Loss[] = [
  ...[0.01, 0.05, 0.1].map((rate) => ({ rate, burst: 1 })),
  ...[3, 8].flatMap((burst) => [0.05, 0.1].map((rate) => ({ rate, burst }))),
];

/** The default with room for more messages on key frames. */
export const keyFrameAllowances: readonly Repetition[] = [4, 8, 16].map((kib) => ({
  name: `${kib} KiB on key frames`,
  keyFrameBytes: kib * 1024,
  n: 3,
}));

/** What those are compared under. */
export const keyFrameLosses: readonly Loss[] = [
  { rate: 0.05, burst: 1 },
  { rate: 0.2, burst: 1 },
  { rate: 0.1, burst: 8 },
];

export const lossRates: readonly number[] = [0, 0.01, 0.05, 0.1, 0.2];

/** A cell with what came of it. */
export interface VirtualRow {
  readonly repetition: Repetition;
  readonly loss: Loss;
  readonly receiver: VirtualCell["receiver"];
  readonly seed: number;
  readonly result: VirtualResult;
  /** What breaks a promise; empty when none is broken. */
  readonly breaches: readonly string[];
}

/** How a cell is run. */
export interface VirtualRowOptions {
  readonly receiver?: VirtualCell["receiver"];
  readonly spacing?: number;
  readonly seed?: number;
}

/** Runs one cell of the grid. Its seed is of its place in the grid alone. */
export function virtualRow(
  repetition: Repetition,
  loss: Loss,
  messages: number,
  options: VirtualRowOptions = {},
): VirtualRow {
  const { receiver = "packets", spacing = repetition.n, seed = 1 } = options;
  const { copies, keyFrameCopies, schedule, keyFrameBytes } = repetition;
  const conditions = {
    messages,
    loss,
    receiver,
    spacing,
    ...(copies === undefined ? {} : { copies }),
    ...(keyFrameCopies === undefined ? {} : { keyFrameCopies }),
    ...(schedule === undefined ? {} : { schedule }),
    ...(keyFrameBytes === undefined ? {} : { keyFrameBytes }),
  };
  const own = seedOf(seed, repetition.name, loss.rate, loss.burst, receiver);
  const result = runVirtualCell({ ...conditions, seed: own });
  const broken = breaches(result);
  if (result.misbound > 0) broken.push(`${result.misbound} bound to another frame`);
  // No two messages share a packet, and each packet is lost by itself.
  const isBinomial = receiver === "packets" && loss.burst === 1 && spacing >= repetition.n;
  const shortfall = isBinomial ? shortfallOf(result, loss.rate, repetition.n) : undefined;
  // Of 740 cells one falls short by chance, and of 500 000 one twice.
  if (shortfall !== undefined) {
    const again = runVirtualCell({ ...conditions, seed: own + 1 });
    if (shortfallOf(again, loss.rate, repetition.n) !== undefined) broken.push(shortfall);
  }
  return { repetition, loss, receiver, seed: own, result, breaches: broken };
}

/** Share of the messages that came. */
export function delivery({ delivered, published }: Balance): number {
  return delivered / published;
}

/** Share of the messages that came within a time. */
export function deliveryWithin({ latenciesMs, published }: Balance, limitMs: number): number {
  let within = 0;
  for (const latencyMs of latenciesMs) if (latencyMs <= limitMs) within += 1;
  return within / published;
}

/** The 50th, 95th and 99th percentile of the time from `publish` to the listener, in milliseconds. */
export function percentiles({ latenciesMs }: Balance): readonly [number, number, number] {
  return [percentile(latenciesMs, 0.5), percentile(latenciesMs, 0.95), percentile(latenciesMs, 0.99)];
}

/** Says so when less came than 1 - p^n, by more than three standard errors. */
function shortfallOf({ published, delivered }: Balance, rate: number, n: number): string | undefined {
  const lost = rate ** n;
  const allowed = published * lost + 3 * Math.sqrt(published * lost * (1 - lost));
  const missing = published - delivered;
  return missing > allowed ? `${missing} lost, ${allowed.toFixed(1)} are allowed for 1 - p^${n}` : undefined;
}
