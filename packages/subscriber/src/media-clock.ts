import { rtpTicks, ticksPerMs } from "@inband/rtp";
import { BoundedMap, type UserDataPlace } from "@inband/stream";

/** In 90 kHz ticks. A longer step from one access unit to the next is a jump of the sender's clock, in either direction. */
const longestStep = 900_000;
const furthestBack = 90_000;

const maxStreams = 16;

interface Newest {
  readonly ticks: number;
  readonly elapsed: number;
}

/**
 * How much media time a feed has brought since its first access unit, in ticks of 90 kHz: what a process that stood still, or
 * packets that waited, cannot change. Where a stream begins, and over a jump, the steady clock says how much time has passed.
 */
export class MediaClock {
  readonly #streams = new BoundedMap<string | undefined, Newest>(maxStreams);
  /** When the newest access unit was noted. */
  #atMs: number | undefined;
  #elapsed = 0;

  /**
   * Notes an access unit, or only that one arrived if the feed does not know its time. Returns how far it lies behind the
   * first one, negative before it; NaN if that is unknown.
   */
  note({ stream, rtpTimestamp, timestamp }: Partial<UserDataPlace>, nowMs: number): number {
    this.#atMs ??= nowMs;
    const ticks = rtpTimestamp ?? rtpTicks(timestamp as number);
    if (!Number.isFinite(ticks)) return Number.NaN;
    const newest = this.#streams.get(stream) ?? { ticks: ticks + furthestBack, elapsed: 0 };
    const step = (ticks - newest.ticks) | 0;
    const elapsed = newest.elapsed + step;
    if (step <= 0 && step > -furthestBack) return elapsed;
    this.#elapsed = step > 0 && step <= longestStep ? elapsed : this.#elapsed + (nowMs - this.#atMs) * ticksPerMs;
    this.#atMs = nowMs;
    this.#streams.set(stream, { ticks, elapsed: this.#elapsed });
    return this.#elapsed;
  }
}
