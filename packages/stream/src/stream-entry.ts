import { ticksPerMs } from "@inband/rtp";
import type { EncodedStream } from "./encoded-stream.ts";
import type { OfferedMessage, StreamProgress } from "./offered-message.ts";
import type { OutgoingFrame } from "./outgoing-frame.ts";
import type { SentReport, StreamReport } from "./sei-carrier.ts";

/** A receiver that has not been heard so long after a whole copy has left is not there, in milliseconds. */
const heardWithinMs = 2000;

/** A message in the outbox of one encoded stream. */
export class StreamEntry implements StreamProgress {
  readonly offered: OfferedMessage;
  readonly stream: EncodedStream;
  copiesSent = 0;
  /** Index of the next payload of the copy that is under way. */
  nextPayload = 0;
  keyFrameCopiesLeft: number;
  /** Whether no more copies leave, but for those on key frames. The outcome may wait for a receiver to be heard. */
  isComplete = false;
  outcome: SentReport["outcome"] | undefined;
  #bytes = 0;
  /** Whole copies that left to receivers that were not heard since, before it had to leave again. */
  #copiesInVain = 0;
  /** Number of the access unit that carried the first payload of the copy under way. */
  #copyBeganAt: number | undefined;
  /** Those of the first and the last access unit of the first whole copy. */
  #whole: { readonly first: number | undefined; readonly last: number | undefined; readonly atMs: number } | undefined;
  #isHeard = false;
  readonly #rtpTimestamps: number[] = [];
  /** When the message left on another stream, before this one was there. */
  readonly #leftElsewhereAtMs: number | undefined;
  #firstRtpTimestamp: number | undefined;
  #firstLeftAtMs: number | undefined;

  constructor(offered: OfferedMessage, stream: EncodedStream) {
    this.offered = offered;
    this.stream = stream;
    this.keyFrameCopiesLeft = offered.message.schedule.keyFrameCopies;
    this.#leftElsewhereAtMs = offered.leftAtMs;
  }

  get payloadsLeftInCopy(): number {
    return this.offered.count - this.nextPayload;
  }

  get isSent(): boolean {
    return this.outcome === undefined ? this.copiesSent > 0 && this.#reached() === true : this.outcome === "sent";
  }

  /** Notes that `count` payloads of the copy under way left with a frame. */
  left(count: number, bytes: number, frame: OutgoingFrame, nowMs: number): void {
    this.#firstRtpTimestamp ??= this.#referredTo(frame, nowMs);
    this.#firstLeftAtMs ??= nowMs;
    this.offered.leftAtMs ??= nowMs;
    this.#bytes += bytes;
    this.#rtpTimestamps.push(frame.rtpTimestamp);
    if (this.nextPayload === 0) this.#copyBeganAt = frame.number;
    this.nextPayload += count;
    if (this.nextPayload < this.offered.count) return;
    this.nextPayload = 0;
    this.copiesSent += 1;
    this.#whole ??= { first: this.#copyBeganAt, last: frame.number, atMs: nowMs };
    if (this.copiesSent < this.offered.message.schedule.copies) return;
    this.isComplete = true;
    this.review(nowMs);
  }

  /** Goes by what is known of the receivers: it was sent where one has been heard since, and leaves again where none was there. */
  review(nowMs: number): void {
    if (this.outcome !== undefined) return;
    if (this.copiesSent > 0) {
      const isReached = this.#reached();
      if (isReached === false) this.#beginAgain(nowMs);
      else if (isReached && this.isComplete) this.outcome = "sent";
    } else if (this.nextPayload > 0 && this.#reachedBy(this.#copyBeganAt, this.#copyBeganAt) === false) {
      this.nextPayload = 0;
    }
  }

  /** Ends it. One that has left whole at least once was sent; but one that expires, only where a receiver was heard since. */
  end(why: Exclude<SentReport["outcome"], "sent">): void {
    const isSent = this.copiesSent > 0 && (why !== "expired" || this.#reached() === true);
    this.outcome ??= isSent ? "sent" : why;
  }

  /**
   * Ends it where its time is over. Once a whole copy has left in time the others may follow late, but not on a stream
   * that has been silent since; and a receiver has time to be heard. A time within which all copies have to leave is one by
   * the clock and by the timestamp of the frame that is to leave, which runs ahead where a file is sent faster than it plays.
   */
  expire(nowMs: number, isSilent: boolean, frame?: OutgoingFrame): void {
    const { expiresAtMs, schedule } = this.offered.message;
    const { withinMs = Number.POSITIVE_INFINITY } = schedule;
    const elapsedMs = nowMs - (this.#firstLeftAtMs ?? nowMs);
    const ticks = ((frame?.rtpTimestamp ?? Number.NaN) - (this.#firstRtpTimestamp ?? Number.NaN)) | 0;
    // The last of 31 copies at 30 frames a second leaves after exactly one second of media.
    const isLateCopy = elapsedMs >= withinMs || ticks > withinMs * ticksPerMs;
    const isExpired = nowMs >= expiresAtMs && (this.copiesSent === 0 || isSilent || this.isComplete);
    if (!isLateCopy && !isExpired) return;
    if (this.copiesSent > 0) this.isComplete = true;
    const isOverdue = this.#whole === undefined || nowMs >= this.#whole.atMs + heardWithinMs;
    if (isOverdue || this.#reached() !== undefined) this.end("expired");
  }

  /** Ticks from the access unit that the message refers to until this one, modulo 2^32. */
  age(frame: OutgoingFrame, nowMs: number): number {
    const elapsedMs = nowMs - (this.#leftElsewhereAtMs ?? this.#firstLeftAtMs ?? nowMs);
    return this.offered.age(frame, this.#firstRtpTimestamp ?? this.#referredTo(frame, nowMs), elapsedMs);
  }

  report(): StreamReport | undefined {
    if (this.outcome === undefined && this.#bytes === 0) return undefined;
    const copies = this.copiesSent + this.#copiesInVain;
    return {
      stream: this.stream.name,
      copies,
      bytes: this.#bytes,
      rtpTimestamps: [...this.#rtpTimestamps],
      ...(copies > 0 && this.#reached() !== true && { isUnheard: true }),
    };
  }

  #reached(): boolean | undefined {
    if (this.#isHeard) return true;
    if (this.#whole === undefined) return undefined;
    const isReached = this.#reachedBy(this.#whole.first, this.#whole.last);
    this.#isHeard = isReached === true;
    return isReached;
  }

  #reachedBy(first: number | undefined, last: number | undefined): boolean | undefined {
    const { reached } = this.stream;
    return reached === undefined || first === undefined || last === undefined || reached(first, last);
  }

  /** Nobody was there for what has left. Without an id a receiver would take it for another message, so it ends. */
  #beginAgain(nowMs: number): void {
    const { expiresAtMs, schedule } = this.offered.message;
    this.#copiesInVain += this.copiesSent;
    this.#whole = undefined;
    this.copiesSent = 0;
    this.nextPayload = 0;
    this.keyFrameCopiesLeft = schedule.keyFrameCopies;
    this.isComplete = false;
    if (nowMs >= expiresAtMs || schedule.withinMs !== undefined) this.end("expired");
  }

  /** RTP timestamp of the access unit that carried the message first; by the clock where that was on another stream. */
  #referredTo(frame: OutgoingFrame, nowMs: number): number {
    const elapsedMs = this.#leftElsewhereAtMs === undefined ? 0 : Math.max(0, nowMs - this.#leftElsewhereAtMs);
    return (frame.rtpTimestamp - Math.round(elapsedMs * ticksPerMs)) >>> 0;
  }
}
