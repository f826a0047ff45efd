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

/** MAX_DROPOUT of RFC 3550 A.1: a longer jump ahead is believed only when the next packet follows it. */
const maxDropout = 3000;
/** MAX_MISORDER of RFC 3550 A.1: so is a longer jump back to what has been released or given up. */
const maxMisorder = 100;

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
  /** Extended sequence number that is released next; -1 before the first packet. */
  #next = -1;
  /** Highest extended sequence number seen. */
  #highest = -1;
  #waiting = 0;
  #received = 0;
  #reordered = 0;
  #duplicates = 0;
  #late = 0;
  #lost = 0;
  #restarts = 0;
  /** The sequence number that would confirm a far jump. */
  #expectedAfterJump = -1;

  /** Throws RangeError for an option out of range. */
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
    for (let sequence = this.#next; sequence <= this.#highest; sequence += 1) {
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
    const sequence = this.#extend(sequenceNumber & 0xffff, release);
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
    if (sequence < this.#highest) this.#reordered += 1;
    else this.#highest = sequence;
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
      restarts: this.#restarts,
    };
  }

  /** The extended sequence number; one below `#next` for a packet that is of no use. */
  #extend(sequenceNumber: number, release: (packet: T, extendedSequenceNumber: number) => void): number {
    if (this.#next < 0) {
      // One cycle of room below, so that what was sent before the first packet that arrived has a number as well.
      this.#next = 65_536 + sequenceNumber;
      this.#highest = this.#next;
      return this.#next;
    }
    const distance = ((sequenceNumber - this.#highest) << 16) >> 16;
    const sequence = this.#highest + distance;
    const isWaitedFor = distance <= maxDropout && sequence >= this.#next;
    const isExpected = sequenceNumber === this.#expectedAfterJump;
    if (isWaitedFor || (!isExpected && distance <= 0 && distance > -maxMisorder)) {
      if (distance > 0) this.#expectedAfterJump = -1;
      return sequence;
    }
    if (!isExpected) {
      this.#expectedAfterJump = (sequenceNumber + 1) & 0xffff;
      return distance < 0 ? sequence : -1;
    }
    this.end(release);
    this.#restarts += 1;
    this.#expectedAfterJump = -1;
    this.#next = this.#highest + ((sequenceNumber - this.#highest) & 0xffff);
    this.#highest = this.#next;
    return this.#next;
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
