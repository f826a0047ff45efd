/** Lets so many through in a second: a stream of broken or lost messages must not become a stream of events. */
export class RateLimit {
  readonly #maxPerSecond: number;
  #sinceMs = Number.NEGATIVE_INFINITY;
  #count = 0;

  constructor(maxPerSecond = 10) {
    this.#maxPerSecond = maxPerSecond;
  }

  /** Whether one more may go; it then counts. */
  allows(nowMs: number): boolean {
    if (nowMs - this.#sinceMs >= 1000) {
      this.#sinceMs = nowMs;
      this.#count = 0;
    }
    if (this.#count >= this.#maxPerSecond) return false;
    this.#count += 1;
    return true;
  }

  /** When the next may go, after one was not let through. */
  get nextMs(): number {
    return this.#sinceMs + 1000;
  }
}
