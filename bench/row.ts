import type { FanOutFigures } from "./fan-out-peers.ts";
import { quantity } from "./number.ts";
import type { StageFigures } from "./stage-fan-out.ts";

/** One line of the table: what ours takes beside what an anchor takes in the same run. */
export interface Row {
  readonly name: string;
  /** Median of ours, in `unit`. */
  readonly ours: number;
  /** Median of the anchor, in `unit`; NaN where it is unavailable. */
  readonly anchor: number;
  readonly anchorName: string;
  readonly unit: "us" | "ms" | "bytes" | "%";
  /** anchor / ours where the goal is "at least", ours / anchor where it is "at most"; none of shares. */
  readonly ratio?: number;
  /** The anchor measured a second time, over `anchor`: what differs by no more than that is noise. */
  readonly again?: number;
  /** For example ">= 30", "<= 1.15", "<= + 500 us", "<= 4000 bytes" or ">= 99.9 %"; empty where there is none. */
  readonly goal: string;
  readonly met: boolean;
}

/** Median microseconds of several contenders over the size of their work. */
export interface Sweep {
  readonly bytes: readonly number[];
  readonly contenders: readonly { readonly name: string; readonly us: readonly number[] }[];
}

/** What so many subscribers cost over both carriers. */
export interface FanOut {
  readonly werift: FanOutFigures;
  /** node-datachannel. */
  readonly native: FanOutFigures;
}

/** What a benchmark found. */
export interface Outcome {
  readonly rows: readonly Row[];
  /** For the chart. */
  readonly sweep?: Sweep;
  /** For the table and the chart. */
  readonly fanOut?: readonly FanOut[];
  /** For the table. */
  readonly stages?: readonly StageFigures[];
}

/** A group of rows that is measured together. */
export interface Benchmark {
  readonly name: string;
  run(): Promise<Outcome> | Outcome;
}

/** A row whose goal is to be so many times faster than the anchor. */
export function atLeast(name: string, ours: number, anchorName: string, anchor: number, times: number): Row {
  const ratio = anchor / ours;
  return { name, ours, anchor, anchorName, unit: "us", ratio, goal: `>= ${times}`, met: ratio >= times };
}

/** A row whose goal is to take at most so many times what the anchor takes. */
export function atMost(name: string, ours: number, anchorName: string, anchor: number, times: number): Row {
  const ratio = ours / anchor;
  return { name, ours, anchor, anchorName, unit: "us", ratio, goal: `<= ${times}`, met: ratio <= times };
}

/** A row whose goal is to take at most so many microseconds more than the anchor. */
export function atMostMore(name: string, ours: number, anchorName: string, anchor: number, us: number): Row {
  const ratio = ours / anchor;
  return { name, ours, anchor, anchorName, unit: "us", ratio, goal: `<= + ${us} us`, met: ours - anchor <= us };
}

/** A row whose goal is a size; the anchor is there to compare. */
export function bytesAtMost(name: string, ours: number, anchorName: string, anchor: number, bytes: number): Row {
  const ratio = ours / anchor;
  return { name, ours, anchor, anchorName, unit: "bytes", ratio, goal: `<= ${bytes} bytes`, met: ours <= bytes };
}

/** A row whose goal is a time in milliseconds; the anchor is there to compare. */
export function msAtMost(name: string, ours: number, anchorName: string, anchor: number, ms: number): Row {
  const ratio = ours / anchor;
  return { name, ours, anchor, anchorName, unit: "ms", ratio, goal: `<= ${ms} ms`, met: ours <= ms };
}

/** A row whose goal is a share from 0 to 1; the anchor is there to compare. */
export function shareAtLeast(name: string, ours: number, anchorName: string, anchor: number, share: number): Row {
  const goal = `>= ${quantity(100 * share, "%")}`;
  return { name, ours: 100 * ours, anchor: 100 * anchor, anchorName, unit: "%", goal, met: ours >= share };
}

/** A row without a goal. */
export function compared(name: string, ours: number, anchorName: string, anchor: number): Row {
  return { name, ours, anchor, anchorName, unit: "us", ratio: ours / anchor, goal: "", met: true };
}

/** The row with what its anchor gave when it was measured a second time. */
export function withNoise(row: Row, again: number): Row {
  return { ...row, again: again / row.anchor };
}
