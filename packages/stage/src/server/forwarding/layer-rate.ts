/** A rate is told anew when it is off by more than this share: it is asked for to be shown, and not to flicker. */
const steadyShare = 0.25;

/** What part of a measured rate is that of the newest window. */
const newestShare = 0.3;

/** How much comes in a second, of a count that is looked at now and then. */
export class LayerRate {
  #count = 0;
  #atMs: number | undefined;
  #measured: number | undefined;
  #told = 0;

  /** What there is in a second. */
  get value(): number {
    return this.#measured ?? 0;
  }

  /** The same, rounded and steady. */
  get steady(): number {
    return this.#told;
  }

  /** Takes what the count is now. */
  measure(count: number, nowMs: number): void {
    if (this.#atMs !== undefined && nowMs > this.#atMs) {
      const rate = ((count - this.#count) * 1000) / (nowMs - this.#atMs);
      this.#measured = this.#measured === undefined ? rate : this.#measured + (rate - this.#measured) * newestShare;
      if (Math.abs(this.#measured - this.#told) > this.#told * steadyShare) this.#told = Math.round(this.#measured);
    }
    this.#count = count;
    this.#atMs = nowMs;
  }
}
