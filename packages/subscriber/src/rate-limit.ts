import { never } from "./never.ts";

/** Limits events to a number per second: a stream of broken or lost messages must not become a stream of events. */
export class RateLimit {
  readonly #maxPerSecond: number;
  #sinceMs = -never;
  #count = 0;

  constructor(maxPerSecond = 10) {
    this.#maxPerSecond = maxPerSecond;
  }

  /** Whether one more is allowed; if so, it counts. */
  allows(nowMs: number): boolean {
    if (nowMs - this.#sinceMs >= 1000) {
      this.#sinceMs = nowMs;
      this.#count = 0;
    }
    this.#count += 1;
    return this.#count <= this.#maxPerSecond;
  }

  /** When the next one is allowed, after one was not. */
  get nextMs(): number {
    return this.#sinceMs + 1000;
  }
}
