import { setImmediate } from "node:timers/promises";

const turnMs = 50;

/**
 * Gives the event loop a turn during work that would otherwise keep it from signals and timers: promises of what is
 * already in memory resolve without one.
 */
export class EventLoopTurns {
  #since = performance.now();

  /**
   * Waits for a turn if the last one was 50 ms ago or more.
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
