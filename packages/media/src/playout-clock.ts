import { setTimeout as sleep } from "node:timers/promises";

/**
 * Holds a stream to real time by the monotonic clock. Every wait counts from the first one, so the errors of single waits
 * do not add up.
 */
export class PlayoutClock {
  readonly #signal: AbortSignal | undefined;
  #startMs: number | undefined;
  #startTimestamp = 0;

  constructor(signal?: AbortSignal) {
    this.#signal = signal;
  }

  /** The current time of the stream in microseconds; 0 before the first wait. */
  get now(): number {
    if (this.#startMs === undefined) return this.#startTimestamp;
    return this.#startTimestamp + (performance.now() - this.#startMs) * 1000;
  }

  /**
   * Waits until a timestamp (microseconds) is due; the first one is due at once.
   *
   * @throws signal.reason when the signal is aborted.
   */
  async wait(timestamp: number): Promise<void> {
    this.#signal?.throwIfAborted();
    if (this.#startMs === undefined) {
      this.#startMs = performance.now();
      this.#startTimestamp = timestamp;
      return;
    }
    // A timer may fire a little early; a wait under half a millisecond is not worth one.
    for (let aheadMs = this.#aheadMs(timestamp); aheadMs > 0.5; aheadMs = this.#aheadMs(timestamp)) {
      await this.#sleep(aheadMs);
    }
  }

  #aheadMs(timestamp: number): number {
    return (timestamp - this.now) / 1000;
  }

  async #sleep(ms: number): Promise<void> {
    const signal = this.#signal;
    try {
      await sleep(Math.min(ms, 2 ** 30), undefined, signal === undefined ? {} : { signal });
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    }
  }
}
