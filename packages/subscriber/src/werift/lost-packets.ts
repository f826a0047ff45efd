/** A packet that comes this late was late, not lost, in milliseconds. */
const reorderMs = 5;

/** Time between two requests for a packet while no round trip has been measured, in milliseconds. */
const firstRetryMs = 100;

/** Requests for one packet at most. */
const maxTries = 10;

/** A packet that has not come after this is given up, in milliseconds. werift's sender keeps its last 128, half a second. */
const giveUpMs = 1000;

/** Missing packets that are asked for at most, and the largest gap that is taken for loss. A 300 KB picture is 251. */
const maxMissing = 512;

interface Missing {
  readonly sinceMs: number;
  dueMs: number;
  tries: number;
  firstAskedMs: number;
  lastAskedMs: number;
}

/**
 * The packets of one RTP stream that are missing, and when to ask for them (RFC 4585 6.2.1): each again when an answer is
 * overdue by the round trip that earlier answers took, at most ten times. Sequence numbers are extended over their wrap.
 */
export class LostPackets {
  /** By extended sequence number, oldest first. */
  readonly #missing = new Map<number, Missing>();
  #highest = -1;
  #strayAt = -1;
  #roundTripMs: number | undefined;

  /** Packets that are missing and not given up. */
  get size(): number {
    return this.#missing.size;
  }

  /** Takes the sequence number of a packet that came; duplicates and late ones too. */
  received(sequenceNumber: number, nowMs: number): void {
    if (this.#highest < 0) {
      this.#highest = 65_536 + sequenceNumber;
      return;
    }
    const step = ((sequenceNumber - (this.#highest & 0xffff)) << 16) >> 16;
    const extended = this.#highest + step;
    const missing = this.#missing.get(extended);
    if (missing) {
      this.#missing.delete(extended);
      if (missing.tries > 0) this.#measure(missing, nowMs);
    } else if (step > maxMissing || step < -maxMissing) {
      this.#stray(sequenceNumber);
    } else if (step > 0) {
      for (let lost = this.#highest + 1; lost < extended; lost += 1) this.#miss(lost, nowMs);
      this.#highest = extended;
    }
  }

  /** The sequence numbers to ask for now, oldest first. They count as asked for. */
  due(nowMs: number): number[] {
    const due: number[] = [];
    for (const [extended, missing] of this.#missing) {
      if (nowMs - missing.sinceMs >= giveUpMs || (missing.tries === maxTries && missing.dueMs <= nowMs)) {
        this.#missing.delete(extended);
      } else if (missing.dueMs <= nowMs) {
        if (missing.tries === 0) missing.firstAskedMs = nowMs;
        missing.lastAskedMs = nowMs;
        missing.tries += 1;
        missing.dueMs = nowMs + this.#retryMs;
        due.push(extended & 0xffff);
      }
    }
    return due;
  }

  /** When `due` has something to say or to forget; undefined while nothing is missing. */
  get nextMs(): number | undefined {
    let nextMs: number | undefined;
    for (const { dueMs } of this.#missing.values()) if (nextMs === undefined || dueMs < nextMs) nextMs = dueMs;
    return nextMs;
  }

  /** A quarter more than the round trip, for its jitter: asking before an answer can be there doubles the traffic. */
  get #retryMs(): number {
    return this.#roundTripMs === undefined ? firstRetryMs : this.#roundTripMs * 1.25 + 10;
  }

  #miss(extended: number, nowMs: number): void {
    if (this.#missing.size === maxMissing) this.#missing.delete(this.#missing.keys().next().value as number);
    this.#missing.set(extended, {
      sinceMs: nowMs,
      dueMs: nowMs + reorderMs,
      tries: 0,
      firstAskedMs: 0,
      lastAskedMs: 0,
    });
  }

  /** An answer that comes sooner than one can, counted from the last request, is one to the first (cf. RFC 6298 3). */
  #measure({ tries, firstAskedMs, lastAskedMs }: Missing, nowMs: number): void {
    const sinceLastMs = nowMs - lastAskedMs;
    const isOfLast = tries === 1 || (this.#roundTripMs !== undefined && sinceLastMs >= this.#roundTripMs / 2);
    const sampleMs = isOfLast ? sinceLastMs : nowMs - firstAskedMs;
    this.#roundTripMs = this.#roundTripMs === undefined ? sampleMs : this.#roundTripMs * 0.875 + sampleMs * 0.125;
  }

  /** Two packets in a row far from the others: the sender has begun anew, or too much is lost to ask for (RFC 3550 A.1). */
  #stray(sequenceNumber: number): void {
    if (sequenceNumber !== this.#strayAt) {
      this.#strayAt = (sequenceNumber + 1) & 0xffff;
      return;
    }
    this.#missing.clear();
    this.#highest = 65_536 + sequenceNumber;
    this.#strayAt = -1;
  }
}
