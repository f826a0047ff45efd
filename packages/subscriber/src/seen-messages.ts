import { BoundedMap } from "@inband/stream";
import type { Tally } from "./delivered-message.ts";
import type { Incoming } from "./incoming.ts";
import { never } from "./never.ts";
import { NumberRanges } from "./number-ranges.ts";
import { maxSeries } from "./series-key.ts";

interface Seen extends Tally {
  readonly atMs: number;
  readonly series: string | undefined;
  readonly sequence: number;
}

/**
 * Remembers the messages that were seen, for a time and up to a limit; the oldest is forgotten first. Its number is kept,
 * so that it is never taken for new, and so is the newest retained message of each topic, for as long as it is sent again.
 */
export class SeenMessages {
  readonly #limit: () => number;
  readonly #withinMs: number;
  readonly #seen = new Map<string, Seen>();
  readonly #forgotten = new BoundedMap<string, NumberRanges>(maxSeries);
  readonly #retained = new BoundedMap<string, Seen>(maxSeries);
  /** Not after the oldest. */
  #oldestMs = never;

  constructor(limit: () => number, withinMs: number) {
    this.#limit = limit;
    this.#withinMs = withinMs;
  }

  /** The tally of a message that was seen; undefined for a new one. */
  find({ key, id, series, sequence, isRetained }: Incoming, nowMs: number): Tally | undefined {
    if (nowMs - this.#oldestMs >= this.#withinMs) this.#forget(nowMs);
    const seen = this.#seen.get(key);
    if (series === undefined || id === undefined) return seen;
    const newest = isRetained ? this.#retained.get(series) : undefined;
    if (newest?.id === id) {
      this.#retained.renew(series, newest);
      return seen ?? newest;
    }
    return seen ?? (this.#forgotten.get(series)?.has(sequence) ? { id, copies: 1 } : undefined);
  }

  /** Notes a new message under an id. */
  note({ key, series, sequence, isRetained, copies }: Incoming, id: string, nowMs: number): Tally {
    this.#oldestMs = Math.min(this.#oldestMs, nowMs);
    const seen = { id, copies, atMs: nowMs, series, sequence };
    this.#seen.set(key, seen);
    if (this.#seen.size > this.#limit()) this.#forget(nowMs);
    if (isRetained && series !== undefined) {
      const newest = this.#retained.get(series) ?? seen;
      this.#retained.renew(series, ((sequence - newest.sequence) | 0) < 0 ? newest : seen);
    }
    return seen;
  }

  #forget(nowMs: number): void {
    for (const [key, { atMs, series, sequence }] of this.#seen) {
      this.#oldestMs = atMs;
      if (this.#seen.size <= this.#limit() && nowMs - atMs < this.#withinMs) return;
      this.#seen.delete(key);
      if (series === undefined) continue;
      const forgotten = this.#forgotten.get(series) ?? new NumberRanges();
      forgotten.add(sequence);
      this.#forgotten.renew(series, forgotten);
    }
    this.#oldestMs = never;
  }
}
