import type { StreamBudget } from "./stream-budget.ts";

/** A stream that has had no access unit for this long does not flow, and nothing waits for it. */
export const silentAfterMs = 1000;

/**
 * Whether a receiver that got access units has been heard since; of those with these numbers, the first and the last.
 * Undefined while one may be heard, false where nobody will be.
 */
export type Reached = (first: number, last: number) => boolean | undefined;

/** One encoded stream as the outboxes of all publishers on it see it. */
export class EncodedStream {
  readonly name: string;
  /** What all publishers together may take of it. */
  readonly budget: StreamBudget;
  readonly reached: Reached | undefined;
  /** When its last access unit came, in milliseconds; -Infinity before the first. */
  lastFrameAtMs: number = Number.NEGATIVE_INFINITY;

  constructor(name: string, budget: StreamBudget, reached?: Reached) {
    this.name = name;
    this.budget = budget;
    this.reached = reached;
  }

  /** Whether it does not flow. */
  isSilent(nowMs: number): boolean {
    return nowMs - this.lastFrameAtMs >= silentAfterMs;
  }
}
