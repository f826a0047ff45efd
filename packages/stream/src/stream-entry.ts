import { ticksPerMs } from "@inband/rtp";
import type { EncodedStream } from "./encoded-stream.ts";
import type { OfferedMessage, StreamProgress } from "./offered-message.ts";
import type { OutgoingFrame } from "./outgoing-frame.ts";
import type { SentReport, StreamReport } from "./sei-carrier.ts";

/** A message in the outbox of one encoded stream. */
export class StreamEntry implements StreamProgress {
  readonly offered: OfferedMessage;
  readonly stream: EncodedStream;
  copiesSent = 0;
  /** Index of the next payload of the copy that is under way. */
  nextPayload = 0;
  keyFrameCopiesLeft: number;
  outcome: SentReport["outcome"] | undefined;
  #bytes = 0;
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

  /** Notes that `count` payloads of the copy under way left with a frame. */
  left(count: number, bytes: number, frame: OutgoingFrame, nowMs: number): void {
    this.#firstRtpTimestamp ??= this.#referredTo(frame, nowMs);
    this.#firstLeftAtMs ??= nowMs;
    this.offered.leftAtMs ??= nowMs;
    this.#bytes += bytes;
    this.#rtpTimestamps.push(frame.rtpTimestamp);
    this.nextPayload += count;
    if (this.nextPayload < this.offered.count) return;
    this.nextPayload = 0;
    this.copiesSent += 1;
    if (this.copiesSent === this.offered.message.schedule.copies) this.outcome = "sent";
  }

  /** Ends it: a message that has left whole at least once was sent. */
  end(why: Exclude<SentReport["outcome"], "sent">): void {
    this.outcome ??= this.copiesSent > 0 ? "sent" : why;
  }

  /**
   * Ends it where its time is over. Once a whole copy has left in time the others may follow late, but not on a stream
   * that has been silent since.
   */
  expire(nowMs: number, isSilent: boolean): void {
    const { expiresAtMs, schedule } = this.offered.message;
    const isLateCopy = schedule.withinMs !== undefined && nowMs - (this.#firstLeftAtMs ?? nowMs) >= schedule.withinMs;
    const isExpired = nowMs >= expiresAtMs && (this.copiesSent === 0 || isSilent);
    if (isLateCopy || isExpired) this.end("expired");
  }

  /** Ticks from the access unit that the message refers to until this one, modulo 2^32. */
  age(frame: OutgoingFrame, nowMs: number): number {
    const elapsedMs = nowMs - (this.#leftElsewhereAtMs ?? this.#firstLeftAtMs ?? nowMs);
    return this.offered.age(frame, this.#firstRtpTimestamp ?? this.#referredTo(frame, nowMs), elapsedMs);
  }

  report(): StreamReport | undefined {
    if (this.outcome === undefined && this.#bytes === 0) return undefined;
    return {
      stream: this.stream.name,
      copies: this.copiesSent,
      bytes: this.#bytes,
      rtpTimestamps: [...this.#rtpTimestamps],
    };
  }

  /** RTP timestamp of the access unit that carried the message first; by the clock where that was on another stream. */
  #referredTo(frame: OutgoingFrame, nowMs: number): number {
    const elapsedMs = this.#leftElsewhereAtMs === undefined ? 0 : Math.max(0, nowMs - this.#leftElsewhereAtMs);
    return (frame.rtpTimestamp - Math.round(elapsedMs * ticksPerMs)) >>> 0;
  }
}
