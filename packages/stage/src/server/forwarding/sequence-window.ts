import { ExtendedSequence } from "@inband/rtp";

/** How far behind the newest packet one may come and still be forwarded; a power of two. */
const windowSize = 2048;

/**
 * Tells the first arrival of each RTP packet of one stream from its duplicates. Retransmissions and the probing of
 * Chromium bring packets again, and encrypting one sequence number twice towards a subscriber would reuse its nonce.
 */
export class SequenceWindow {
  readonly #seen = new Float64Array(windowSize).fill(-1);
  readonly #sequence = new ExtendedSequence();

  /** The highest sequence number so far, extended over its wraps. */
  get highest(): number {
    return this.#sequence.highest;
  }

  /** Whether a packet with this sequence number is new. Says so once. */
  isNew(sequenceNumber: number): boolean {
    const extended = this.#sequence.nearest(sequenceNumber);
    if (extended <= this.#sequence.highest - windowSize || extended < 0) return false;
    const slot = extended & (windowSize - 1);
    if (this.#seen[slot] === extended) return false;
    this.#seen[slot] = extended;
    this.#sequence.advance(extended);
    return true;
  }
}
