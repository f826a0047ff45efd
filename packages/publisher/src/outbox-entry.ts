import { ticksPerMs } from "@inband/rtp";
import type { SentReport, StreamReport } from "./carrier.ts";
import type { OutgoingFrame } from "./frame.ts";
import type { OfferedMessage } from "./offered-message.ts";

/** How far one message has come on one encoded stream. */
export class OutboxEntry {
  readonly message: OfferedMessage;
  copiesSent = 0;
  /** Index of the next part of the copy that is under way. */
  nextPart = 0;
  keyFrameCopiesLeft: number;
  /** Why it ended, once it has. */
  outcome: SentReport["outcome"] | undefined;
  bytes = 0;
  readonly rtpTimestamps: number[] = [];
  /** When the message left on another stream, before this one was there. */
  readonly #leftElsewhereAtMs: number | undefined;
  #firstRtpTimestamp: number | undefined;
  #firstLeftAtMs: number | undefined;

  constructor(message: OfferedMessage) {
    this.message = message;
    this.keyFrameCopiesLeft = message.keyFrameCopies;
    this.#leftElsewhereAtMs = message.leftAtMs;
  }

  get partsLeftInCopy(): number {
    return this.message.parts.length - this.nextPart;
  }

  /** Notes that `count` parts of the copy under way left with a frame. */
  left(count: number, bytes: number, frame: OutgoingFrame, nowMs: number): void {
    this.#firstRtpTimestamp ??= this.#spokenOf(frame, nowMs);
    this.#firstLeftAtMs ??= nowMs;
    this.message.leftAtMs ??= nowMs;
    this.bytes += bytes;
    this.rtpTimestamps.push(frame.rtpTimestamp);
    this.nextPart += count;
    if (this.nextPart < this.message.parts.length) return;
    this.nextPart = 0;
    this.copiesSent += 1;
    if (this.copiesSent === this.message.copies) this.outcome = "sent";
  }

  /** Ends it: what has left at least once whole was sent. */
  end(why: Exclude<SentReport["outcome"], "sent">): void {
    this.outcome ??= this.copiesSent > 0 ? "sent" : why;
  }

  /**
   * Ends it where its time is over. Once a whole copy has left in time the others may follow late, but not on a stream
   * that has stood still since.
   */
  expire(nowMs: number, isSilent: boolean): void {
    const isLateCopy = nowMs - (this.#firstLeftAtMs ?? nowMs) >= this.message.copiesWithinMs;
    const isExpired = nowMs >= this.message.expiresAtMs && (this.copiesSent === 0 || isSilent);
    if (isLateCopy || isExpired) this.end("expired");
  }

  /** Ticks from the access unit that the message speaks of to this one, modulo 2^32. */
  age(frame: OutgoingFrame, nowMs: number): number {
    const elapsedMs = nowMs - (this.#leftElsewhereAtMs ?? this.#firstLeftAtMs ?? nowMs);
    return this.message.age(frame, this.#firstRtpTimestamp ?? this.#spokenOf(frame, nowMs), elapsedMs);
  }

  /** RTP timestamp of the access unit that carried the message first, by the clock where that was on another stream. */
  #spokenOf(frame: OutgoingFrame, nowMs: number): number {
    const elapsedMs = this.#leftElsewhereAtMs === undefined ? 0 : Math.max(0, nowMs - this.#leftElsewhereAtMs);
    return (frame.rtpTimestamp - Math.round(elapsedMs * ticksPerMs)) >>> 0;
  }

  report(stream: string): StreamReport {
    return { stream, copies: this.copiesSent, bytes: this.bytes, rtpTimestamps: [...this.rtpTimestamps] };
  }
}
