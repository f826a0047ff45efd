import { keepNewest } from "./keep-newest.ts";
import { never } from "./never.ts";
import { NumberRanges } from "./number-ranges.ts";
import type { Tally } from "./received-message.ts";

interface Seen extends Tally {
  readonly atMs: number;
  readonly series: string | undefined;
  readonly sequence: number;
}

/**
 * Remembers what was seen within a time, and no more than a number of them: the oldest is forgotten first. Of what is
 * forgotten the number stays, so that it is never taken for new.
 */
export class SeenMessages {
  readonly #limit: () => number;
  readonly #withinMs: number;
  readonly #seen = new Map<string, Seen>();
  readonly #forgotten = new Map<string, NumberRanges>();
  /** Not after the oldest. */
  #oldestMs = never;

  constructor(limit: () => number, withinMs: number) {
    this.#limit = limit;
    this.#withinMs = withinMs;
  }

  /** The tally of what was seen under a key, undefined for something new. */
  get(key: string, nowMs: number): Tally | undefined {
    if (nowMs - this.#oldestMs >= this.#withinMs) this.#forget(nowMs);
    return this.#seen.get(key);
  }

  /** Whether what had this number was seen and is forgotten. */
  isForgotten(series: string, sequence: number): boolean {
    return this.#forgotten.get(series)?.has(sequence) ?? false;
  }

  /** Notes something new, of which this many copies have been seen; its number where it has one. */
  add(key: string, id: string, copies: number, nowMs: number, series?: string, sequence = 0): Tally {
    this.#oldestMs = Math.min(this.#oldestMs, nowMs);
    const tally = { id, copies, atMs: nowMs, series, sequence };
    this.#seen.set(key, tally);
    if (this.#seen.size > this.#limit()) this.#forget(nowMs);
    return tally;
  }

  #forget(nowMs: number): void {
    for (const [key, { atMs, series, sequence }] of this.#seen) {
      this.#oldestMs = atMs;
      if (this.#seen.size <= this.#limit() && nowMs - atMs < this.#withinMs) return;
      this.#seen.delete(key);
      if (series === undefined) continue;
      const forgotten = this.#forgotten.get(series) ?? new NumberRanges();
      forgotten.add(sequence);
      keepNewest(this.#forgotten, series, forgotten);
    }
    this.#oldestMs = never;
  }
}
