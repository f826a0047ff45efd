/** Bytes that left within the last second, exactly: Amazon IVS counts over the trailing second too. */
export class ByteWindow {
  readonly #timesMs: number[] = [];
  readonly #bytes: number[] = [];
  #total = 0;

  /** Bytes within the second that ends now. */
  total(nowMs: number): number {
    // A clock that was set back would keep old bytes in the window for as long as it was set back.
    for (let index = this.#timesMs.length - 1; index >= 0 && (this.#timesMs[index] as number) > nowMs; index -= 1) {
      this.#timesMs[index] = nowMs;
    }
    let old = 0;
    while (old < this.#timesMs.length && nowMs - (this.#timesMs[old] as number) >= 1000) {
      this.#total -= this.#bytes[old] as number;
      old += 1;
    }
    if (old > 0) {
      this.#timesMs.splice(0, old);
      this.#bytes.splice(0, old);
    }
    return this.#total;
  }

  add(nowMs: number, bytes: number): void {
    this.#timesMs.push(nowMs);
    this.#bytes.push(bytes);
    this.#total += bytes;
  }
}
