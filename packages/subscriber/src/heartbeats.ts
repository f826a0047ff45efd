import { BoundedMap } from "@inband/stream";
import { decodeValue, readHeartbeat } from "@inband/wire";
import type { GapWatch } from "./gap-watch.ts";
import type { Incoming } from "./incoming.ts";
import { RateLimit } from "./rate-limit.ts";
import { maxSeries } from "./series-key.ts";

/** A source sends a heartbeat on each access unit of the first second, then about two a second. */
const maxPerSecond = 64;
/** The first heartbeat of a source may be lost, and the second. */
const maxFirstSequence = 2;

/** Reads heartbeats, at most so many of each source; what a heartbeat says that is not read, later ones repeat. */
export class Heartbeats {
  readonly #gaps: GapWatch;
  readonly #limits = new BoundedMap<number, RateLimit>(maxSeries);

  /** Tells the watch what each source says that it has published. */
  constructor(gaps: GapWatch) {
    this.#gaps = gaps;
  }

  /**
   * `hasFlowed` if the feed has brought access units for so long that it would have brought this source too, had it been
   * there.
   *
   * @throws WireError `bad-envelope` for a broken one.
   */
  read({ source, sequence, count, body }: Incoming, hasFlowed: boolean, nowMs: number): void {
    if (source === undefined || count > 1) return;
    const limit = this.#limits.get(source) ?? new RateLimit(maxPerSecond);
    this.#limits.renew(source, limit);
    if (!limit.allows(nowMs)) return;
    const isFirst = hasFlowed && sequence <= maxFirstSequence;
    this.#gaps.heartbeat(source, readHeartbeat(decodeValue(body)), sequence, isFirst, nowMs);
  }
}
