import type { Tally } from "./received-message.ts";

/** Remembers what was seen within a time, and no more than a number of them: the oldest is forgotten first. */
export class SeenMessages {
  readonly #limit: number;
  readonly #withinMs: number;
  readonly #seen = new Map<string, Tally & { readonly atMs: number }>();
  /** Not after the oldest. */
  #oldestMs = Number.POSITIVE_INFINITY;

  constructor(limit: number, withinMs: number) {
    this.#limit = limit;
    this.#withinMs = withinMs;
  }

  get size(): number {
    return this.#seen.size;
  }

  /** The tally of what was seen under a key, undefined for something new. */
  get(key: string, nowMs: number): Tally | undefined {
    const seen = this.#seen.get(key);
    return seen === undefined || nowMs - seen.atMs >= this.#withinMs ? undefined : seen;
  }

  /** Notes something new, of which this many copies have been seen. */
  add(key: string, id: string, copies: number, nowMs: number): Tally {
    if (this.#seen.size >= this.#limit || nowMs - this.#oldestMs >= this.#withinMs) this.#forget(nowMs);
    this.#oldestMs = Math.min(this.#oldestMs, nowMs);
    const tally = { id, copies, atMs: nowMs };
    this.#seen.delete(key);
    this.#seen.set(key, tally);
    return tally;
  }

  clear(): void {
    this.#seen.clear();
  }

  #forget(nowMs: number): void {
    for (const [oldest, { atMs }] of this.#seen) {
      this.#oldestMs = atMs;
      if (this.#seen.size < this.#limit && nowMs - atMs < this.#withinMs) return;
      this.#seen.delete(oldest);
    }
    this.#oldestMs = Number.POSITIVE_INFINITY;
  }
}
