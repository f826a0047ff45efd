import { ExtendedSequence } from "./extended-sequence.ts";

/** Options of {@link RtpReorder}. */
export interface RtpReorderOptions {
  /**
   * Most packets that wait for a missing one, 1 to 16384.
   *
   * @defaultValue 128: as many as werift keeps for retransmission, so that nothing older can still come.
   */
  readonly windowPackets?: number;
  /**
   * How long packets wait for a missing one, in milliseconds of the caller's clock.
   *
   * @defaultValue 100: a retransmission over a round trip of that length is still in time.
   */
  readonly timeoutMs?: number;
}

/** Counts since construction. */
export interface RtpReorderStats {
  /** Packets pushed. */
  readonly received: number;
  /** Packets that came after one with a higher sequence number, and in time. */
  readonly reordered: number;
  /** Packets that had come before, whether or not they have been released. */
  readonly duplicates: number;
  /** Packets that came after their place had been given up. */
  readonly late: number;
  /** Places given up without a packet. */
  readonly lost: number;
  /** Times that the sender went on with other sequence numbers. */
  readonly restarts: number;
}

/**
 * Puts RTP packets into the order of their sequence numbers. RFC 3550 A.1.
 *
 * Pure: it has no timer and asks no clock. Call `push` for every packet of one SSRC, padding-only ones included (they
 * take a sequence number), and `flush` at `deadlineMs`. Packets come out through `release`, each once, with the
 * extended sequence number; a jump in it is a loss.
 */
export class RtpReorder<T> {
  readonly #windowPackets: number;
  readonly #timeoutMs: number;
  readonly #ring: (T | undefined)[];
  readonly #arrivals: Float64Array;
  /** The extended sequence number that was last released from each place. */
  readonly #released: Float64Array;
  readonly #mask: number;
  readonly #sequence = new ExtendedSequence();
  /** Extended sequence number that is released next; -1 before the first packet. */
  #next = -1;
  #waiting = 0;
  #received = 0;
  #reordered = 0;
  #duplicates = 0;
  #late = 0;
  #lost = 0;

  /** @throws RangeError for an option out of range. */
  constructor({ windowPackets = 128, timeoutMs = 100 }: RtpReorderOptions = {}) {
    if (!Number.isInteger(windowPackets) || windowPackets < 1 || windowPackets > 16_384) {
      throw new RangeError(`windowPackets: expected an integer from 1 to 16384, got ${windowPackets}`);
    }
    if (!(timeoutMs >= 0)) throw new RangeError(`timeoutMs: expected a non-negative number, got ${timeoutMs}`);
    this.#windowPackets = windowPackets;
    this.#timeoutMs = timeoutMs;
    const places = 1 << Math.ceil(Math.log2(windowPackets + 1));
    this.#ring = new Array<T | undefined>(places).fill(undefined);
    this.#arrivals = new Float64Array(places);
    this.#released = new Float64Array(places).fill(Number.NaN);
    this.#mask = places - 1;
  }

  /** When packets wait: the time at which `flush` has something to release, otherwise undefined. */
  get deadlineMs(): number | undefined {
    if (this.#waiting === 0) return undefined;
    let earliest = Number.POSITIVE_INFINITY;
    for (let sequence = this.#next; sequence <= this.#sequence.highest; sequence += 1) {
      const place = sequence & this.#mask;
      if (this.#ring[place] !== undefined) earliest = Math.min(earliest, this.#arrivals[place] as number);
    }
    return earliest + this.#timeoutMs;
  }

  /**
   * Takes one packet and releases what is in order now.
   *
   * @param sequenceNumber - The 16 bits of the RTP header.
   * @param nowMs - Any clock that does not go back.
   */
  push(
    packet: T,
    sequenceNumber: number,
    nowMs: number,
    release: (packet: T, extendedSequenceNumber: number) => void,
  ): void {
    this.#received += 1;
    const sequence = this.#place(sequenceNumber & 0xffff, release);
    if (sequence < this.#next) {
      if (this.#released[sequence & this.#mask] === sequence) this.#duplicates += 1;
      else this.#late += 1;
      return;
    }
    // Room first: what cannot wait any longer for a packet this far behind goes out.
    while (sequence - this.#next > this.#windowPackets) this.#advance(release);
    const place = sequence & this.#mask;
    if (this.#ring[place] !== undefined) {
      this.#duplicates += 1;
      return;
    }
    if (sequence < this.#sequence.highest) this.#reordered += 1;
    this.#ring[place] = packet;
    this.#arrivals[place] = nowMs;
    this.#waiting += 1;
    this.#drain(release);
    while (this.#waiting >= this.#windowPackets) this.#skipGap(release);
    this.flush(nowMs, release);
  }

  /** Gives up what has been missing for `timeoutMs`, and releases the packets that waited for it. */
  flush(nowMs: number, release: (packet: T, extendedSequenceNumber: number) => void): void {
    while (this.#waiting > 0 && (this.deadlineMs as number) <= nowMs) this.#skipGap(release);
  }

  /** Releases everything that waits, as at the end of the stream. */
  end(release: (packet: T, extendedSequenceNumber: number) => void): void {
    while (this.#waiting > 0) this.#skipGap(release);
  }

  /** Counts since construction. */
  stats(): RtpReorderStats {
    return {
      received: this.#received,
      reordered: this.#reordered,
      duplicates: this.#duplicates,
      late: this.#late,
      lost: this.#lost,
      restarts: this.#sequence.restarts,
    };
  }

  /** The extended sequence number; one below `#next` for a packet that is of no use. */
  #place(sequenceNumber: number, release: (packet: T, extendedSequenceNumber: number) => void): number {
    const { restarts } = this.#sequence;
    const sequence = this.#sequence.accept(sequenceNumber, this.#next < 0 ? undefined : this.#next);
    if (sequence === undefined) {
      const nearest = this.#sequence.nearest(sequenceNumber);
      return nearest < this.#next ? nearest : -1;
    }
    if (this.#sequence.restarts > restarts) {
      this.end(release);
      this.#next = sequence;
    } else if (this.#next < 0) this.#next = sequence;
    return sequence;
  }

  #skipGap(release: (packet: T, extendedSequenceNumber: number) => void): void {
    while (this.#ring[this.#next & this.#mask] === undefined) {
      this.#lost += 1;
      this.#next += 1;
    }
    this.#drain(release);
  }

  #drain(release: (packet: T, extendedSequenceNumber: number) => void): void {
    while (this.#waiting > 0 && this.#ring[this.#next & this.#mask] !== undefined) this.#advance(release);
  }

  /** Moves one place on, with or without a packet in it. */
  #advance(release: (packet: T, extendedSequenceNumber: number) => void): void {
    const sequence = this.#next;
    const place = sequence & this.#mask;
    const packet = this.#ring[place];
    this.#next = sequence + 1;
    if (packet === undefined) {
      this.#lost += 1;
      return;
    }
    this.#ring[place] = undefined;
    this.#released[place] = sequence;
    this.#waiting -= 1;
    release(packet, sequence);
  }
}
