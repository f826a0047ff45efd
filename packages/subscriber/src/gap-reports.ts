import { BoundedMap } from "@inband/stream";
import type { Loss } from "./gap.ts";
import { never } from "./never.ts";
import { RateLimit } from "./rate-limit.ts";
import { maxSeries, topicKey } from "./series-key.ts";

/**
 * Reports gaps at a limited rate: gaps beyond it are joined, topic by topic, and reported in the next second. If more topics
 * wait than a table holds, the oldest is only counted.
 */
export class GapReports {
  readonly #report: (loss: Loss) => void;
  readonly #limit = new RateLimit();
  readonly #waiting = new BoundedMap<string, Loss>(maxSeries);

  constructor(report: (loss: Loss) => void) {
    this.#report = report;
  }

  add(gap: Loss, nowMs: number): void {
    const key = topicKey(gap.source, gap.topic);
    const before = this.#waiting.get(key);
    if (before === undefined && this.#limit.allows(nowMs)) this.#report(gap);
    else this.#waiting.renew(key, before === undefined ? gap : joined(before, gap));
  }

  /** Reports what the limit allows by now. */
  sweep(nowMs: number): void {
    for (const [key, gap] of this.#waiting) {
      if (!this.#limit.allows(nowMs)) return;
      this.#waiting.delete(key);
      this.#report(gap);
    }
  }

  /** When something may be reported next; Infinity while nothing waits. */
  nextDeadlineMs(): number {
    return this.#waiting.size > 0 ? this.#limit.nextMs : never;
  }
}

/** Gaps are not always found in the order of their numbers: those before the first message of a topic are found later. */
function joined(one: Loss, other: Loss): Loss {
  const first = ((other.sequence - one.sequence) | 0) < 0 ? other : one;
  const lasts = [lastOf(one), lastOf(other)] as const;
  const last = ((lasts[1] - lasts[0]) | 0) < 0 ? lasts[0] : lasts[1];
  return { ...first, missing: one.missing + other.missing, last };
}

function lastOf({ sequence, missing, last }: Loss): number {
  return (last ?? sequence + missing - 1) >>> 0;
}
