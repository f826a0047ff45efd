import { percentile } from "@inband/rig/percentile";
import type { LinkOptions } from "@inband/rig/werift/impaired-pair";
import type { Balance } from "./account.ts";
import { percent } from "./text.ts";

/** What a cell has to reach. */
export interface Goal {
  /** Share of the messages that come. */
  readonly delivery: number;
  readonly p95Ms?: number;
}

/** A cell held against its goal. */
export interface Verdict {
  readonly goal: Goal;
  /** What was not reached, in words; empty when all was. */
  readonly missed: readonly string[];
}

interface Rule extends Goal {
  readonly nack: boolean;
  /** Absent: with and without. */
  readonly dependencyDescriptor?: boolean;
  readonly rate: number;
}

/** To Chromium with the default copies, at random loss. */
const rules: readonly Rule[] = [
  { nack: true, rate: 0.05, delivery: 0.999 },
  { nack: true, rate: 0.2, delivery: 0.995 },
  { nack: false, dependencyDescriptor: true, rate: 0.01, delivery: 0.999, p95Ms: 100 },
  { nack: false, dependencyDescriptor: true, rate: 0.05, delivery: 0.99, p95Ms: 100 },
  { nack: false, dependencyDescriptor: false, rate: 0.01, delivery: 0.95 },
];

/** The conditions of a cell to Chromium that a goal speaks of. */
export type GoalConditions = Omit<LinkOptions, "seed"> & { readonly copies?: number };

/** The goals say nothing of longer round trips. */
const maxRttMs = 50;

/** The goal of a cell to Chromium; absent where there is none. */
export function goalOf({ nack, dependencyDescriptor, loss, copies, rttMs }: GoalConditions): Goal | undefined {
  if (copies !== undefined || loss.burst > 1 || rttMs > maxRttMs) return undefined;
  return rules.find(
    (rule) =>
      rule.nack === nack &&
      rule.rate === loss.rate &&
      (rule.dependencyDescriptor === undefined || rule.dependencyDescriptor === dependencyDescriptor),
  );
}

/** Holds what came of a cell against its goal. */
export function judge(goal: Goal, { delivered, published, latenciesMs }: Balance): Verdict {
  const missed: string[] = [];
  if (delivered / published < goal.delivery) {
    missed.push(`${percent(delivered / published)} came, ${percent(goal.delivery)} is the goal`);
  }
  const p95Ms = percentile(latenciesMs, 0.95);
  if (goal.p95Ms !== undefined && p95Ms > goal.p95Ms) {
    missed.push(`p95 ${p95Ms.toFixed(0)} ms, ${goal.p95Ms} ms is the goal`);
  }
  return { goal, missed };
}
