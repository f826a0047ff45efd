/** How far behind the newest packet one may come and still be forwarded; a power of two. */
const windowSize = 2048;

/**
 * Tells the first arrival of each RTP packet of one stream from its duplicates. Retransmissions and the probing of
 * Chromium bring packets again, and encrypting one sequence number twice towards a subscriber would reuse its nonce.
 */
export class SequenceWindow {
  readonly #seen = new Float64Array(windowSize).fill(-1);
  #highest = -1;

  /** Whether a packet with this sequence number is new. Says so once. */
  isNew(sequenceNumber: number): boolean {
    // The first packet counts as number 65 536 and more, so that earlier ones have room below it.
    const extended =
      this.#highest < 0
        ? 65_536 + sequenceNumber
        : this.#highest + (((sequenceNumber - (this.#highest & 0xffff)) << 16) >> 16);
    if (extended <= this.#highest - windowSize || extended < 0) return false;
    const slot = extended & (windowSize - 1);
    if (this.#seen[slot] === extended) return false;
    this.#seen[slot] = extended;
    if (extended > this.#highest) this.#highest = extended;
    return true;
  }
}
