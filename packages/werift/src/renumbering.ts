import { ExtendedSequence, extendFrom } from "@inband/rtp";

/** How far behind the newest packet one may come and still be passed on; a power of two. */
const windowSize = 1024;
/** MAX_MISORDER of RFC 3550 A.1: what is farther behind is late, comes again, or is of a source that has begun anew. */
const maxMisorder = 100;

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
  /** Of each place in the window, the extended number that it had last, and the RTP timestamp of that packet. */
  readonly #seen = new Float64Array(windowSize).fill(-1);
  readonly #timestamps = new Uint32Array(windowSize);
  #shifts: Shift[] = [{ from: 0, by: 0 }];
  readonly #sequence = new ExtendedSequence();
  /** The number that would show that the source has begun anew. */
  #confirming = -1;

  /**
   * Takes the sequence number and the timestamp of a packet. Returns its extended number and whether it directly follows
   * the newest one so far; undefined for one that came before, or far too late.
   *
   * Far behind, a number that comes a second time under another timestamp is of another numbering: two in a row show
   * that the source has begun anew (RFC 3550 A.1). The same packet again, and one that had been missing, do not.
   */
  accept(sequenceNumber: number, timestamp: number): { extended: number; isNext: boolean } | undefined {
    const { highest } = this.#sequence;
    const extended = this.#sequence.nearest(sequenceNumber);
    const step = extended - highest;
    if (highest < 0 || step > 0) return this.#advance(extended, timestamp, highest >= 0 && step === 1);
    if (step > -windowSize && sequenceNumber !== this.#confirming) {
      const place = extended & (windowSize - 1);
      if (this.#seen[place] !== extended) {
        this.#see(extended, timestamp);
        return { extended, isNext: false };
      }
      if (step > -maxMisorder || this.#timestamps[place] === timestamp) return undefined;
    }
    if (sequenceNumber === this.#confirming) return this.restart(sequenceNumber, timestamp);
    this.#confirming = (sequenceNumber + 1) & 0xffff;
    return undefined;
  }

  /** Begins anew with a packet of another numbering, behind all that has left. */
  restart(sequenceNumber: number, timestamp: number): { extended: number; isNext: boolean } {
    const { highest } = this.#sequence;
    if (highest < 0) return this.#advance(this.#sequence.nearest(sequenceNumber), timestamp, false);
    const next = highest + this.#by(highest) + 1;
    // Out of reach of the packets of the old numbering.
    const extended = extendFrom(highest + windowSize, sequenceNumber);
    this.#shifts = [{ from: 0, by: next - extended }];
    return this.#advance(extended, timestamp, false);
  }

  /** Makes room for packets in front of the newest one. Returns the first of their sequence numbers. */
  insert(count: number): number {
    const { highest } = this.#sequence;
    const by = this.#by(highest);
    if (count > 0) this.#shifts.push({ from: highest, by: by + count });
    // Older than the window: no late packet asks for it.
    while (this.#shifts.length > 1 && (this.#shifts[1] as Shift).from <= highest - windowSize) this.#shifts.shift();
    return (highest + by) & 0xffff;
  }

  /** Whether no packet behind this one has been accepted. */
  isNewest(extended: number): boolean {
    return extended === this.#sequence.highest;
  }

  /** The sequence number to send an accepted packet under. */
  numberOf(extended: number): number {
    return (extended + this.#by(extended)) & 0xffff;
  }

  #advance(extended: number, timestamp: number, isNext: boolean): { extended: number; isNext: boolean } {
    this.#sequence.advance(extended);
    this.#confirming = -1;
    this.#see(extended, timestamp);
    return { extended, isNext };
  }

  #see(extended: number, timestamp: number): void {
    const place = extended & (windowSize - 1);
    this.#seen[place] = extended;
    this.#timestamps[place] = timestamp;
  }

  #by(extended: number): number {
    let at = this.#shifts.length - 1;
    while (at > 0 && (this.#shifts[at] as Shift).from > extended) at -= 1;
    return (this.#shifts[at] as Shift).by;
  }
}
