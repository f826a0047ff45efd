import { setImmediate } from "node:timers/promises";

const turnMs = 50;

/**
 * Lets the event loop have its turn in work that would keep it from signals and timers: what is in memory already resolves
 * without one.
 */
export class EventLoopTurns {
  #since = performance.now();

  /**
   * Waits for a turn where the last one was 50 ms ago.
   *
   * @throws The reason of the signal when it is aborted.
   */
  async take(signal?: AbortSignal): Promise<void> {
    if (performance.now() - this.#since >= turnMs) {
      await setImmediate();
      this.#since = performance.now();
    }
    signal?.throwIfAborted();
  }
}
