import { holdProcess } from "./hold-process.ts";

/** How long one key frame answers all wishes for one, in milliseconds. */
export const defaultKeyFrameIntervalMs = 100;

/**
 * Merges the wishes for a key frame of many receivers into few requests. The first goes out at once; of those within
 * the next interval one more goes out at its end, unless a key frame has left in the meantime.
 */
export class KeyFrameRequests {
  readonly #request: () => void;
  readonly #intervalMs: () => number;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #wished = false;

  /** A function as `intervalMs` is asked at each request. Throws `RangeError` for a negative number. */
  constructor(request: () => void, intervalMs: number | (() => number) = defaultKeyFrameIntervalMs) {
    if (typeof intervalMs === "number" && !(intervalMs >= 0)) {
      throw new RangeError(`intervalMs must not be negative, got ${intervalMs}`);
    }
    this.#request = request;
    this.#intervalMs = typeof intervalMs === "number" ? () => intervalMs : intervalMs;
  }

  /** A receiver needs a key frame. */
  wish(): void {
    if (this.#timer !== undefined) {
      this.#wished = true;
      return;
    }
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (this.#wished) this.wish();
    }, this.#intervalMs());
    holdProcess(this.#timer, false);
    this.#wished = false;
    this.#request();
  }

  /** A key frame has left: it answers the wishes so far. */
  fulfilled(): void {
    this.#wished = false;
  }

  /** Forgets what was wished for. */
  clear(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#wished = false;
  }
}
