import { ExtendedSequence } from "@inband/rtp";
import { BoundedMap } from "@inband/stream";

/** How long a packet is taken for late before it is requested, in milliseconds, while none was seen to arrive later. */
const leastWaitMs = 6;

/** The longest that this becomes. It never exceeds a round trip, in which the answer would arrive. */
const mostWaitMs = 40;

/** What is due within this time is requested at once: a NACK costs its sender as much as some received packets. */
const togetherMs = 4;

/** The round trip before one is known, and its deviation, in milliseconds. The first answer is waited for 200. */
const firstRoundTripMs = 100;
const firstDeviationMs = 25;

/** The least that an answer may take beyond the round trip, in milliseconds: the sender has other work too. */
const leastSlackMs = 10;

/** The factor by which each further answer is waited for longer: the round trip may have grown. */
const backoff = 1.25;

/** Requests for one packet. */
const maxTries = 10;

/** A packet that has not arrived after this is given up, in milliseconds. The sender of werift keeps its last 128, half a second. */
const giveUpMs = 1000;

/** The most packets that are requested, and the largest jump that is taken for loss. A 300 KB picture is 251. */
const maxMissing = 512;

/** Packets that have arrived after they were requested and may arrive once more. */
const maxAnswered = 256;

interface Missing {
  readonly sinceMs: number;
  dueMs: number;
  askedMs: number;
  tries: number;
  arrivals: number;
  /** From when it was missed until it first arrived. */
  lateMs: number;
  /** From the last request for it until it first arrived. */
  answerMs: number;
}

/**
 * The missing packets of one RTP stream, and when to request them (RFC 4585 6.2.1): a packet that may be late is waited for
 * a little, and one that was requested is requested again no sooner than its answer can have arrived. How long both take is
 * learnt from what arrives. Sequence numbers are extended over their wrap.
 */
export class LostPackets {
  /** By extended sequence number, oldest first. */
  readonly #missing = new BoundedMap<number, Missing>(maxMissing);
  /** By extended sequence number, in order of arrival. */
  readonly #answered = new BoundedMap<number, Missing>(maxAnswered);
  readonly #sequence = new ExtendedSequence({ maxDropout: maxMissing, maxMisorder: maxMissing + 1 });
  #waitMs = leastWaitMs;
  #roundTripMs = firstRoundTripMs;
  #deviationMs = firstDeviationMs;

  /** Packets that are missing and not given up. */
  get size(): number {
    return this.#missing.size;
  }

  /** Takes the sequence number of a packet if it follows the highest, as most do; else returns false. */
  follows(sequenceNumber: number): boolean {
    const { highest } = this.#sequence;
    if (highest < 0 || sequenceNumber !== ((highest + 1) & 0xffff)) return false;
    this.#sequence.advance(highest + 1);
    return true;
  }

  /**
   * Takes the sequence number of a packet that arrived; duplicates and late ones too. Returns when to request packets that
   * it shows to be missing, undefined for none.
   */
  received(sequenceNumber: number, nowMs: number): number | undefined {
    const { highest, restarts } = this.#sequence;
    const nearest = this.#sequence.nearest(sequenceNumber);
    const known = this.#missing.get(nearest) ?? this.#answered.get(nearest);
    if (known !== undefined) {
      this.#came(nearest, known, nowMs);
      return undefined;
    }
    const extended = this.#sequence.accept(sequenceNumber);
    if (this.#sequence.restarts > restarts) {
      // The sender has restarted, or too much is lost to request.
      this.#missing.clear();
      this.#answered.clear();
      return undefined;
    }
    if (extended === undefined || highest < 0 || extended <= highest + 1) return undefined;
    const dueMs = nowMs + Math.max(leastWaitMs, Math.min(this.#waitMs, this.#roundTripMs));
    for (let lost = highest + 1; lost < extended; lost += 1) this.#miss(lost, nowMs, dueMs);
    return dueMs;
  }

  /** The sequence numbers that are due, oldest first. They count as requested. */
  due(nowMs: number): number[] {
    const due: number[] = [];
    for (const [extended, missing] of this.#missing) {
      if (missing.dueMs > nowMs + togetherMs) continue;
      if (nowMs - missing.sinceMs >= giveUpMs || missing.tries === maxTries) {
        this.#missing.delete(extended);
        continue;
      }
      missing.dueMs = nowMs + this.#retryMs * backoff ** missing.tries;
      missing.askedMs = nowMs;
      missing.tries += 1;
      due.push(extended & 0xffff);
    }
    return due;
  }

  /** When `due` has something to return or to forget; undefined while nothing is missing. */
  get nextMs(): number | undefined {
    let nextMs: number | undefined;
    for (const { dueMs } of this.#missing.values()) if (nextMs === undefined || dueMs < nextMs) nextMs = dueMs;
    return nextMs;
  }

  /** When `due` has something to return that it has not returned before; undefined for never. */
  get nextFirstMs(): number | undefined {
    let nextMs: number | undefined;
    for (const { dueMs, tries } of this.#missing.values()) {
      if (tries === 0 && (nextMs === undefined || dueMs < nextMs)) nextMs = dueMs;
    }
    return nextMs;
  }

  /** The retransmission timeout of RFC 6298 2.3. */
  get #retryMs(): number {
    return this.#roundTripMs + Math.max(leastSlackMs, 4 * this.#deviationMs);
  }

  #miss(extended: number, sinceMs: number, dueMs: number): void {
    this.#missing.set(extended, { sinceMs, dueMs, askedMs: 0, tries: 0, arrivals: 0, lateMs: 0, answerMs: 0 });
  }

  #came(extended: number, packet: Missing, nowMs: number): void {
    const answerMs = nowMs - packet.askedMs;
    packet.arrivals += 1;
    if (packet.arrivals === 1) {
      this.#missing.delete(extended);
      packet.lateMs = nowMs - packet.sinceMs;
      packet.answerMs = answerMs;
      if (packet.tries === 0) {
        this.#wasLate(packet.lateMs);
        return;
      }
      this.#waitMs -= (this.#waitMs - leastWaitMs) / 32;
      this.#answered.set(extended, packet);
    }
    // With fewer answers than requests it is not known which request this one is to (Karn, RFC 6298 3).
    if (packet.arrivals === packet.tries) this.#measure(answerMs);
    if (packet.arrivals <= packet.tries) return;
    this.#answered.delete(extended);
    // One answer too many: the packet itself arrived first, and the request was too early (cf. RFC 8985 6.2, step 4).
    if (packet.answerMs < answerMs / 2) {
      this.#measure(answerMs);
      this.#wasLate(packet.lateMs);
    }
  }

  /** A packet arrived this late, and was not lost. */
  #wasLate(lateMs: number): void {
    this.#waitMs = Math.max(this.#waitMs, Math.min(lateMs * 1.25 + togetherMs, mostWaitMs));
  }

  /** RFC 6298 2.3. */
  #measure(sampleMs: number): void {
    this.#deviationMs = this.#deviationMs * 0.75 + Math.abs(this.#roundTripMs - sampleMs) * 0.25;
    this.#roundTripMs = this.#roundTripMs * 0.875 + sampleMs * 0.125;
  }
}
