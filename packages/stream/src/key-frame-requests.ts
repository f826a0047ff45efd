import { WakeTimer } from "./wake-timer.ts";

/** How long one key frame answers all requests for one, in milliseconds. */
export const defaultKeyFrameIntervalMs = 100;

/**
 * Merges the requests for a key frame of many receivers into few. The first goes out at once; for all those within the
 * next interval one more goes out at its end, unless a key frame has left in the meantime.
 */
export class KeyFrameRequests {
  readonly #ask: () => void;
  readonly #intervalMs: () => number;
  readonly #timer = new WakeTimer(() => {
    if (this.#isRequested) this.request();
  });
  #isRequested = false;

  /**
   * `ask` is called for each request that goes out. A function as `intervalMs` is asked each time.
   *
   * @throws RangeError for a negative interval.
   */
  constructor(ask: () => void, intervalMs: number | (() => number) = defaultKeyFrameIntervalMs) {
    if (typeof intervalMs === "number" && !(intervalMs >= 0)) {
      throw new RangeError(`intervalMs: expected 0 or more, got ${intervalMs}`);
    }
    this.#ask = ask;
    this.#intervalMs = typeof intervalMs === "number" ? () => intervalMs : intervalMs;
  }

  /** A receiver needs a key frame. */
  request(): void {
    if (this.#timer.isSet) {
      this.#isRequested = true;
      return;
    }
    this.#timer.after(this.#intervalMs());
    this.#isRequested = false;
    this.#ask();
  }

  /** A key frame has left: it answers the requests so far. */
  fulfilled(): void {
    this.#isRequested = false;
  }

  /** Forgets every request. */
  clear(): void {
    this.#timer.stop();
    this.#isRequested = false;
  }
}
