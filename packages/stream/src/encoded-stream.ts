import type { StreamBudget } from "./stream-budget.ts";

/** A stream that has had no access unit for this long does not flow, and nothing waits for it. */
export const silentAfterMs = 1000;

/** One encoded stream as the outboxes of all publishers on it see it. */
export class EncodedStream {
  readonly name: string;
  /** What all publishers together may take of it. */
  readonly budget: StreamBudget;
  /** When its last access unit came, in milliseconds; -Infinity before the first. */
  lastFrameAtMs: number = Number.NEGATIVE_INFINITY;

  constructor(name: string, budget: StreamBudget) {
    this.name = name;
    this.budget = budget;
  }

  /** Whether it does not flow. */
  isSilent(nowMs: number): boolean {
    return nowMs - this.lastFrameAtMs >= silentAfterMs;
  }
}
