import { sequenceDifference } from "./sequence-difference.ts";

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

  /** Whether this is the number right behind the highest, as most are. */
  isNext(sequenceNumber: number): boolean {
    return this.#highest >= 0 && sequenceNumber === ((this.#highest + 1) & 0xffff);
  }

  /** The extended number that is nearest to the highest. Changes nothing. */
  nearest(sequenceNumber: number): number {
    if (this.#highest < 0) return 65_536 + sequenceNumber;
    return this.#highest + sequenceDifference(sequenceNumber, this.#highest);
  }

  /** The first extended number that fits at or above another one, the highest by default. Changes nothing. */
  following(sequenceNumber: number, from: number = this.#highest): number {
    return from < 0 ? 65_536 + sequenceNumber : from + ((sequenceNumber - from) & 0xffff);
  }

  /**
   * Takes the number of a packet that has arrived, in any order and more than once.
   *
   * @param floor - Packets from this extended number on are waited for, however far behind they are.
   * @returns The extended number; undefined for a far jump that the next packet has still to confirm.
   */
  accept(sequenceNumber: number, floor: number = Number.POSITIVE_INFINITY): number | undefined {
    const extended = this.nearest(sequenceNumber);
    const step = extended - this.#highest;
    if (this.#highest < 0 || (step > 0 && step <= this.#maxDropout)) {
      this.advance(extended);
      return extended;
    }
    const isLate = step <= 0 && step > -this.#maxMisorder && !this.isConfirming(sequenceNumber);
    if (isLate || (step <= 0 && extended >= floor)) return extended;
    return this.confirms(sequenceNumber) ? this.restart(sequenceNumber) : undefined;
  }

  /** Makes an extended number the highest where it is higher. */
  advance(extended: number): void {
    if (extended <= this.#highest) return;
    this.#highest = extended;
    this.#confirming = -1;
  }

  /** Whether this number would confirm the far jump that was noted last. */
  isConfirming(sequenceNumber: number): boolean {
    return sequenceNumber === this.#confirming;
  }

  /** Notes a number that is far from all others. True when it follows the one noted before: the sender has begun anew. */
  confirms(sequenceNumber: number): boolean {
    if (this.isConfirming(sequenceNumber)) return true;
    this.#confirming = (sequenceNumber + 1) & 0xffff;
    return false;
  }

  /**
   * Goes on with other sequence numbers, at or above an extended number, the highest by default.
   *
   * @returns The extended number, which is the highest now.
   */
  restart(sequenceNumber: number, from?: number): number {
    this.#restarts += 1;
    this.#confirming = -1;
    this.#highest = this.following(sequenceNumber, from);
    return this.#highest;
  }
}
