import { extendFrom, sequenceDifference } from "./sequence-number.ts";

/** Options of {@link ExtendedSequence}. */
export interface ExtendedSequenceOptions {
  /**
   * MAX_DROPOUT: a longer jump ahead is believed only when the next packet follows it.
   *
   * @defaultValue 3000, as in RFC 3550 A.1.
   */
  readonly maxDropout?: number;
  /**
   * MAX_MISORDER: a packet this far behind, or farther, is taken for a late one only when the next packet does not follow
   * it.
   *
   * @defaultValue 100, as in RFC 3550 A.1.
   */
  readonly maxMisorder?: number;
}

/**
 * The sequence numbers of one RTP stream, extended over the wrap of their 16 bits. RFC 3550 A.1.
 *
 * The first number counts as 65 536 more than it is, so that what was sent before the first packet that arrived has a
 * positive number too. Extended numbers never go back: where a sender begins anew, they go on behind the highest.
 */
export class ExtendedSequence {
  readonly #maxDropout: number;
  readonly #maxMisorder: number;
  #highest = -1;
  /** The sequence number that would confirm a far jump. */
  #confirming = -1;
  #restarts = 0;

  constructor({ maxDropout = 3000, maxMisorder = 100 }: ExtendedSequenceOptions = {}) {
    this.#maxDropout = maxDropout;
    this.#maxMisorder = maxMisorder;
  }

  /** The highest extended sequence number so far; -1 before the first. */
  get highest(): number {
    return this.#highest;
  }

  /** How often the sender has gone on with other sequence numbers. */
  get restarts(): number {
    return this.#restarts;
  }

  /** The extended number that is nearest to the highest. Changes nothing. */
  nearest(sequenceNumber: number): number {
    if (this.#highest < 0) return 65_536 + sequenceNumber;
    return this.#highest + sequenceDifference(sequenceNumber, this.#highest);
  }

  /**
   * Takes the number of a packet that has arrived, in any order and more than once.
   *
   * @param floor - Packets from this extended number on are waited for, however far behind they are.
   * @returns The extended number; undefined for a far jump that the next packet has still to confirm.
   */
  accept(sequenceNumber: number, floor: number = Number.POSITIVE_INFINITY): number | undefined {
    let extended = this.nearest(sequenceNumber);
    const step = extended - this.#highest;
    const isConfirming = sequenceNumber === this.#confirming;
    const isNear =
      step > 0 ? step <= this.#maxDropout : extended >= floor || (step > -this.#maxMisorder && !isConfirming);
    if (!isNear && this.#highest >= 0) {
      this.#confirming = (sequenceNumber + 1) & 0xffff;
      if (!isConfirming) return undefined;
      this.#restarts += 1;
      extended = extendFrom(this.#highest, sequenceNumber);
    }
    this.advance(extended);
    return extended;
  }

  /** Makes an extended number the highest where it is higher. */
  advance(extended: number): void {
    if (extended <= this.#highest) return;
    this.#highest = extended;
    this.#confirming = -1;
  }
}
