import type { Loss } from "./gap-watch.ts";
import { keepNewest } from "./keep-newest.ts";
import { never } from "./never.ts";
import { RateLimit } from "./rate-limit.ts";
import { topicKey } from "./series-key.ts";

/**
 * Tells of gaps, at most so often: what comes faster is joined, topic by topic, and told in the next second. Beyond the
 * topics that a table keeps the oldest is only counted.
 */
export class GapReports {
  readonly #tell: (gap: Loss) => void;
  readonly #limit = new RateLimit();
  readonly #waiting = new Map<string, Loss>();

  constructor(tell: (gap: Loss) => void) {
    this.#tell = tell;
  }

  add(gap: Loss, nowMs: number): void {
    const key = topicKey(gap.source, gap.topic);
    const before = this.#waiting.get(key);
    if (before === undefined && this.#limit.allows(nowMs)) this.#tell(gap);
    else keepNewest(this.#waiting, key, before === undefined ? gap : joined(before, gap));
  }

  /** Tells what may be told by now. */
  sweep(nowMs: number): void {
    for (const [key, gap] of this.#waiting) {
      if (!this.#limit.allows(nowMs)) return;
      this.#waiting.delete(key);
      this.#tell(gap);
    }
  }

  /** When there may be something to tell next; Infinity when nothing waits. */
  nextDeadlineMs(): number {
    return this.#waiting.size > 0 ? this.#limit.nextMs : never;
  }
}

/** Not always in the order of their numbers: what came before a topic's first message is known to be missing later. */
function joined(one: Loss, other: Loss): Loss {
  const [first, second] = ((other.sequence - one.sequence) | 0) < 0 ? [other, one] : [one, other];
  const [lastOfFirst, lastOfSecond] = [lastOf(first), lastOf(second)];
  const last = ((lastOfSecond - lastOfFirst) | 0) < 0 ? lastOfFirst : lastOfSecond;
  return { ...first, missing: first.missing + second.missing, last };
}

function lastOf({ sequence, missing, last }: Loss): number {
  return (last ?? sequence + missing - 1) >>> 0;
}
