/** How far behind the newest packet one may come and still be passed on; a power of two. */
const windowSize = 1024;

interface Shift {
  /** The first extended sequence number it holds for. */
  readonly from: number;
  readonly by: number;
}

/**
 * New sequence numbers for a stream of RTP packets into which others are inserted. Gaps stay gaps and late packets stay
 * late, each under the number that it would have had in time.
 */
export class Renumbering {
  readonly #seen = new Float64Array(windowSize).fill(-1);
  #shifts: Shift[] = [{ from: 0, by: 0 }];
  #highest = -1;
  #strayAt = -1;

  /**
   * Takes the sequence number of a packet. Returns its extended number and whether it directly follows the newest one so
   * far; undefined for one that came before, or far too late.
   */
  accept(sequenceNumber: number): { extended: number; isNext: boolean } | undefined {
    if (this.#highest < 0) return this.#advance(65_536 + sequenceNumber, false);
    const step = ((sequenceNumber - (this.#highest & 0xffff)) << 16) >> 16;
    const extended = this.#highest + step;
    if (step > 0) return this.#advance(extended, step === 1);
    if (step > -windowSize) {
      if (extended < 0 || this.#seen[extended & (windowSize - 1)] === extended) return undefined;
      this.#seen[extended & (windowSize - 1)] = extended;
      return { extended, isNext: false };
    }
    // Two in a row far behind: the source has begun anew (RFC 3550 A.1).
    if (sequenceNumber !== this.#strayAt) {
      this.#strayAt = (sequenceNumber + 1) & 0xffff;
      return undefined;
    }
    return this.restart(sequenceNumber);
  }

  /** Begins anew with a packet of another numbering, behind all that has left. */
  restart(sequenceNumber: number): { extended: number; isNext: boolean } {
    if (this.#highest < 0) return this.#advance(65_536 + sequenceNumber, false);
    const next = this.#highest + this.#by(this.#highest) + 1;
    // Out of reach of the packets of the old numbering.
    const from = this.#highest + windowSize;
    const extended = from + ((sequenceNumber - from) & 0xffff);
    this.#shifts = [{ from: 0, by: next - extended }];
    return this.#advance(extended, false);
  }

  /** Makes room for packets in front of the newest one. Returns the first of their sequence numbers. */
  insert(count: number): number {
    const by = this.#by(this.#highest);
    if (count > 0) this.#shifts.push({ from: this.#highest, by: by + count });
    // Older than the window: no late packet asks for it.
    while (this.#shifts.length > 1 && (this.#shifts[1] as Shift).from <= this.#highest - windowSize)
      this.#shifts.shift();
    return (this.#highest + by) & 0xffff;
  }

  /** Whether no packet behind this one has been accepted. */
  isNewest(extended: number): boolean {
    return extended === this.#highest;
  }

  /** The sequence number to send an accepted packet under. */
  numberOf(extended: number): number {
    return (extended + this.#by(extended)) & 0xffff;
  }

  #advance(extended: number, isNext: boolean): { extended: number; isNext: boolean } {
    this.#highest = extended;
    this.#strayAt = -1;
    this.#seen[extended & (windowSize - 1)] = extended;
    return { extended, isNext };
  }

  #by(extended: number): number {
    let at = this.#shifts.length - 1;
    while (at > 0 && (this.#shifts[at] as Shift).from > extended) at -= 1;
    return (this.#shifts[at] as Shift).by;
  }
}
