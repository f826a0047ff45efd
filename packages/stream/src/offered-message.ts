import { rtpTicks, ticksPerMs } from "@inband/rtp";
import type { EncodedStream } from "./encoded-stream.ts";
import type { Message, MessagePayload } from "./message.ts";
import type { OutgoingFrame } from "./outgoing-frame.ts";
import type { SentReport, StreamReport } from "./sei-carrier.ts";
import type { Shelved } from "./shelf.ts";

/** Header byte and trailing bits of a SEI NAL unit, which messages that share one do not pay again. */
export const nalUnitOverheadBytes = 2;

/** An age above 2^31 would name an access unit of the future: 2^31 ticks are 6.6 hours, and messages may wait for a day. */
const maxAge = 0x7fff_ffff;
const maxAgeMs = maxAge / ticksPerMs;

/** How far a message has come on one encoded stream. */
export interface StreamProgress {
  readonly stream: EncodedStream;
  /** Whole copies that have left, those for key frames aside. */
  readonly copiesSent: number;
  /** Whether it only waits for a receiver to be heard. */
  readonly isComplete: boolean;
  /** Whether a whole copy has left, and a receiver has been heard since where that is known of receivers. */
  readonly isSent: boolean;
  /** Why it ended, once it has. */
  readonly outcome: SentReport["outcome"] | undefined;
  /** Undefined where nothing has left and more may. */
  report(): StreamReport | undefined;
}

/** A message that a publisher has offered to a carrier, and how far it has come on each of the carrier's streams. */
export class OfferedMessage implements Shelved {
  readonly message: Message;
  /** Counts offers, so that what was offered first goes first. */
  readonly order: number;
  /** All payloads together as SEI messages. */
  readonly bytes: number;
  readonly streams: StreamProgress[] = [];
  /** Whether the carrier has said what became of it. */
  isReported = false;
  /** When it first left on any stream, in milliseconds by the clock of `expiresAtMs`; undefined before. */
  leftAtMs: number | undefined;

  constructor(message: Message, order: number) {
    this.message = message;
    this.order = order;
    this.bytes = message.payloads.reduce((sum, { seiBytes }) => sum + seiBytes, 0);
    this.leftAtMs = message.leftAtMs;
  }

  get id(): string {
    return this.message.id;
  }

  get expiresAtMs(): number {
    return this.message.expiresAtMs;
  }

  /** How many payloads it has. */
  get count(): number {
    return this.message.payloads.length;
  }

  /** What all payloads together take of a budget at most. */
  get cost(): number {
    return this.bytes + this.count * nalUnitOverheadBytes;
  }

  /** Bytes of a payload as a SEI message, at most. */
  bytesOf(index: number): number {
    return (this.message.payloads[index] as MessagePayload).seiBytes;
  }

  /** What a payload takes of a budget at most: a NAL unit of its own where it may not share one. */
  costOf(index: number): number {
    return this.bytesOf(index) + nalUnitOverheadBytes;
  }

  /**
   * Ticks from the access unit that the message refers to until this one, modulo 2^32. They count from
   * `firstRtpTimestamp`, which left `elapsedMs` ago, where the message names no access unit. At most 2^31 - 1.
   */
  age(frame: OutgoingFrame, firstRtpTimestamp: number, elapsedMs: number): number {
    const { timestamp } = this.message;
    if (timestamp !== undefined && frame.timestamp !== undefined) {
      const age = rtpTicks(frame.timestamp) - rtpTicks(timestamp);
      return Math.max(-maxAge, Math.min(maxAge, age)) >>> 0;
    }
    return elapsedMs >= maxAgeMs ? maxAge : (frame.rtpTimestamp - firstRtpTimestamp) >>> 0;
  }

  /** Whether a stream that flows has copies of it to send. */
  isAwaited(nowMs: number): boolean {
    return this.streams.some(
      ({ stream, outcome, isComplete }) => outcome === undefined && (isComplete || !stream.isSilent(nowMs)),
    );
  }

  /** Whether it waits for no access unit: every stream there is has sent its copies, or given up. */
  get hasLeft(): boolean {
    return (
      this.streams.length > 0 && this.streams.every(({ isComplete, outcome }) => isComplete || outcome !== undefined)
    );
  }

  /** Whether a stream has finished with it, and none that flows has copies of it to send. */
  isFinished(nowMs: number): boolean {
    return this.streams.some(({ outcome }) => outcome !== undefined) && !this.isAwaited(nowMs);
  }

  /** What became of it; `otherwise` where no stream carried it whole and none says why. */
  report(otherwise: Exclude<SentReport["outcome"], "sent">): SentReport {
    const streams: StreamReport[] = [];
    let carried = 0;
    let why: SentReport["outcome"] | undefined;
    for (const progress of this.streams) {
      const report = progress.report();
      if (report === undefined) continue;
      streams.push(report);
      if (progress.isSent) carried += 1;
      else why ??= progress.outcome;
    }
    // A stream that expired without a copy makes the message expired; a publisher that withdraws is told whether any copy left.
    const isSent = carried > 0 && (otherwise !== "expired" || carried === streams.length);
    const whyNot = otherwise === "expired" ? (why ?? otherwise) : otherwise;
    return { messageId: this.id, outcome: isSent ? "sent" : whyNot, streams };
  }
}
