import { rtpTicks, ticksPerMs } from "@inband/rtp";
import type { UserDataPlace } from "@inband/stream";
import { never } from "./never.ts";

/** In 90 kHz ticks. A longer step from one access unit to the next is a jump of the sender's clock, in either direction. */
const longestStep = 900_000;
const furthestBack = 90_000;

/**
 * Tells the backlog that a late joiner gets: messages that speak of access units before the first one that the feed read,
 * by media time. Between streams, and over a jump, the steady clock says how much time has passed.
 */
export class Backlog {
  /** When the newest access unit was noted. */
  #atMs: number | undefined;
  #stream: string | undefined;
  #ticks = 0;
  /** Ticks from the first access unit to the newest. */
  #elapsed = 0;

  /**
   * Notes an access unit, or only that one arrived if the feed does not know its time. Returns how many ticks it lies
   * behind the first one, negative before it; undefined if that is unknown.
   */
  note({ stream, rtpTimestamp, timestamp }: Partial<UserDataPlace>, nowMs: number): number | undefined {
    this.#atMs ??= nowMs;
    const ticks = rtpTimestamp ?? rtpTicks(timestamp ?? Number.NaN);
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
   * Whether a message of this age, carried here, belongs to the backlog. False if that is unknown: a message that may be
   * live is never refused.
   */
  holds(age: number | undefined, place: UserDataPlace, nowMs: number): boolean {
    return age !== undefined && (age | 0) > (this.note(place, nowMs) ?? never);
  }
}
