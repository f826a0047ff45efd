import { ticksPerMs } from "@inband/rtp";
import type { UserDataPlace } from "./feed.ts";

/** In 90 kHz ticks. A longer step from one access unit to another is a jump of the sender's clock, back or forth. */
const longestStep = 900_000;
const furthestBack = 90_000;

/**
 * Where a feed began to read, by the time of its media. What speaks of an access unit before that is the backlog of one
 * who comes late. From stream to stream, and over a jump, the steady clock says how much time has passed.
 */
export class JoinPoint {
  /** Of the newest access unit that was noted. */
  #atMs: number | undefined;
  #stream: string | undefined;
  #ticks = 0;
  /** Ticks from the first access unit to that one. */
  #elapsed = 0;

  /**
   * Notes an access unit, or that one came whose time the feed does not know. Returns how many ticks it lies behind the
   * first one, negative before it; undefined where that is not known.
   */
  note({ stream, rtpTimestamp, mediaTimeMs }: Partial<UserDataPlace>, nowMs: number): number | undefined {
    this.#atMs ??= nowMs;
    const ticks = rtpTimestamp ?? (mediaTimeMs as number) * ticksPerMs;
    if (!Number.isFinite(ticks)) return undefined;
    const step = stream === this.#stream ? (ticks - this.#ticks) | 0 : -furthestBack;
    if (step <= 0 && step > -furthestBack) return this.#elapsed + step;
    this.#elapsed += step > 0 && step <= longestStep ? step : (nowMs - this.#atMs) * ticksPerMs;
    this.#atMs = nowMs;
    this.#stream = stream;
    this.#ticks = ticks;
    return this.#elapsed;
  }

  /**
   * Whether a message of this age speaks of an access unit before the first one. False where that is not known: a message
   * that may be live is never refused.
   */
  isBacklog(age: number, place: UserDataPlace, nowMs: number): boolean {
    const elapsed = this.note(place, nowMs);
    return elapsed !== undefined && (age | 0) > elapsed;
  }
}
