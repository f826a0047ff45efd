import { ticksPerMs } from "@inband/rtp";
import { BoundedMap } from "@inband/stream";
import type { Arrival } from "./arrival.ts";
import type { Tally } from "./delivered-message.ts";
import type { Incoming } from "./incoming.ts";
import { NumberRanges } from "./number-ranges.ts";
import { maxSeries } from "./series-key.ts";

/** By default the copies of a message stay within 5 s, and no clock is that far off. */
const withinMs = 60_000;
/** Publishers send all copies of a payload without an id within 1 s, in ticks of 90 kHz; the Amazon IVS SDK on 31 frames. */
const copiesWithin = 180_000;

interface Seen extends Tally, Arrival {
  readonly series: string | undefined;
  readonly sequence: number;
}

/**
 * Remembers the messages that were seen, for a time and up to a limit; the oldest is forgotten first. Its number is kept,
 * so that it is never taken for new, and so is the newest retained message of each topic, for as long as it is sent again.
 */
export class SeenMessages {
  readonly #limit: () => number;
  /** In the order of arrival. */
  readonly #seen = new Map<string, Seen>();
  readonly #forgotten = new BoundedMap<string, NumberRanges>(maxSeries);
  readonly #retained = new BoundedMap<string, Seen>(maxSeries);

  constructor(limit: () => number) {
    this.#limit = limit;
  }

  /** The tally of a message that was seen; undefined for a new one. */
  find({ key, id, series, sequence, isRetained }: Incoming, arrival: Arrival): Tally | undefined {
    const seen = this.#seen.get(key);
    if (series === undefined || id === undefined) return seen && areCopies(seen, arrival) ? seen : undefined;
    const newest = isRetained ? this.#retained.get(series) : undefined;
    if (newest?.id === id) {
      this.#retained.renew(series, newest);
      return seen ?? newest;
    }
    return seen ?? (this.#forgotten.get(series)?.has(sequence) ? { id, copies: 1 } : undefined);
  }

  /** Notes a new message under an id. */
  note({ key, series, sequence, isRetained, copies }: Incoming, id: string, arrival: Arrival): Tally {
    const seen = { ...arrival, id, copies, series, sequence };
    this.#seen.delete(key);
    this.#seen.set(key, seen);
    this.#forget(arrival.atMs);
    if (isRetained && series !== undefined) {
      const newest = this.#retained.get(series) ?? seen;
      this.#retained.renew(series, ((sequence - newest.sequence) | 0) < 0 ? newest : seen);
    }
    return seen;
  }

  #forget(nowMs: number): void {
    for (const [key, { atMs, series, sequence }] of this.#seen) {
      if (this.#seen.size <= this.#limit() && nowMs - atMs < withinMs) return;
      this.#seen.delete(key);
      if (series === undefined) continue;
      const forgotten = this.#forgotten.get(series) ?? new NumberRanges();
      forgotten.add(sequence);
      this.#forgotten.renew(series, forgotten);
    }
  }
}

/**
 * Whether equal payloads without ids are copies: by the media time of their stream, which does not change where a process
 * stands still; by when they arrived where that is unknown, or else if two streams brought them.
 */
function areCopies(seen: Seen, { clock, place, elapsed, atMs }: Arrival): boolean {
  const apart = seen.clock === clock ? Math.abs(elapsed - seen.elapsed) : Number.NaN;
  const isAlone = Number.isNaN(apart) || seen.place.stream !== place.stream;
  return apart < copiesWithin || (isAlone && (atMs - seen.atMs) * ticksPerMs < copiesWithin);
}
