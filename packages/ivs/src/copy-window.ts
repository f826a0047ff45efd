/**
 * Kept a little longer than the second that the SDK looks back on: it reads another clock, which may be set back by some
 * milliseconds.
 */
const secondMs = 1020;

interface Inserted {
  readonly bytes: number;
  readonly copies: number;
  /** When the last copy leaves, by estimate. */
  readonly lastMs: number;
}

/** Bytes of payloads that the stream carries, every copy counted, those of other callers of the SDK too. */
export class CopyWindow {
  #inserted: Inserted[] = [];

  /** Notes a message whose copies ride on consecutive frames from now on. */
  add(bytes: number, copies: number, nowMs: number, frameMs: number): void {
    this.#inserted.push({ bytes, copies, lastMs: nowMs + (copies - 1) * frameMs });
  }

  /**
   * Bytes of the second that ends with the last copy: those that left within it and those that are to leave. The SDK bounds
   * the two sums apart, which lets nearly twice as much through in the second after a burst.
   */
  ofSecond(nowMs: number): number {
    this.#inserted = this.#inserted.filter(({ lastMs }) => nowMs - lastMs < secondMs);
    return this.#inserted.reduce((sum, { bytes, copies }) => sum + bytes * copies, 0);
  }

  /** Bytes that the next frame carries. */
  ofNextFrame(nowMs: number, frameMs: number): number {
    return this.#inserted.reduce((sum, { bytes, lastMs }) => (nowMs - lastMs < frameMs ? sum + bytes : sum), 0);
  }
}
