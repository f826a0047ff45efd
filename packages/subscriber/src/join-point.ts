import type { UserDataPlace } from "./feed.ts";

/** In 90 kHz ticks. A longer step from one access unit to another is a jump of the sender's clock, back or forth. */
const longestStep = 900_000;
const furthestBack = 90_000;
/** Where there are no times, what comes for so long may be backlog: messages expire after 5 s by default. */
const joiningMs = 10_000;

/**
 * Where a feed began to read, by the time of its media. What speaks of an access unit before that is the backlog of one
 * who comes late. From stream to stream, and over a jump, the steady clock says how much time has passed.
 */
export class JoinPoint {
  #beganMs: number | undefined;
  /** Of the newest access unit that was noted. */
  #atMs = 0;
  #stream: string | undefined;
  #ticks = 0;
  /** Ticks from the first access unit to that one. */
  #elapsed = 0;

  /**
   * Notes an access unit, or that one came whose time the feed does not know. Returns how many ticks it lies behind the
   * first one, negative before it; undefined where that is not known.
   */
  note({ stream, rtpTimestamp, mediaTimeMs }: Partial<UserDataPlace>, nowMs: number): number | undefined {
    if (this.#beganMs === undefined) this.#beganMs = this.#atMs = nowMs;
    const ticks = rtpTimestamp ?? (mediaTimeMs as number) * 90;
    if (!Number.isFinite(ticks)) return undefined;
    const step = stream === this.#stream ? (ticks - this.#ticks) | 0 : -furthestBack;
    if (step <= 0 && step > -furthestBack) return this.#elapsed + step;
    this.#elapsed += step > 0 && step <= longestStep ? step : (nowMs - this.#atMs) * 90;
    this.#atMs = nowMs;
    this.#stream = stream;
    this.#ticks = ticks;
    return this.#elapsed;
  }

  /**
   * Whether a message of this age speaks of an access unit before the first one; undefined where that is not known and
   * may be so.
   */
  isBacklog(age: number, place: UserDataPlace, nowMs: number): boolean | undefined {
    const elapsed = this.note(place, nowMs);
    if (elapsed !== undefined) return (age | 0) > elapsed;
    return nowMs - (this.#beganMs as number) < joiningMs ? undefined : false;
  }
}
