import { BoundedMap } from "@inband/stream";
import type { TellOfFeed } from "./feed-life.ts";
import type { Incoming } from "./incoming.ts";
import { never } from "./never.ts";

interface Life {
  /** Sequence of the newest heartbeat. */
  newest: number | undefined;
  hasLeft: boolean;
  heartbeats: number;
  sinceMs: number;
  sinceAccessUnits: number;
  elsewhere: number;
  isReported: boolean;
}

/** Heartbeats come at least every 2 s: five in a row were lost, and no copy of any message arrived. */
const silentAfterMs = 10_000;
/** Access units without any sign of the source. Video that stands still says nothing. */
const silentAccessUnits = 100;
/** Signs that another feed must have brought in this time. A single one may be a straggler. */
const signsElsewhere = 2;
const maxSources = 256;
const checkEveryMs = 1000;

/** Watches whether a feed still brings the sources that it should. It needs no timer: access units drive it. */
export class StripWatch {
  readonly #tell: TellOfFeed;
  /** Sources that have left and were not replaced. */
  #vacant = 0;
  readonly #sources = new BoundedMap<number, Life>(maxSources);
  #accessUnits = 0;
  #firstMs = never;
  #checkedMs = -never;

  constructor(tell: TellOfFeed) {
    this.#tell = tell;
  }

  /** Whether the feed has brought access units for so long that a source would have been heard, had it been there. */
  hasFlowed(nowMs: number): boolean {
    return this.#accessUnits >= silentAccessUnits && nowMs - this.#firstMs >= silentAfterMs;
  }

  /** This feed brought an envelope of a source. */
  sign(source: number, { sequence, isHeartbeat, isLast = false }: Incoming, nowMs: number): void {
    const isNew = !this.#sources.has(source);
    const life = this.#lifeOf(source, nowMs);
    if (isHeartbeat) {
      life.heartbeats += 1;
      // Copies and heartbeats from before its last one may arrive after that.
      if (life.newest === undefined || ((sequence - life.newest) | 0) > 0) {
        life.newest = sequence;
        if (isLast !== life.hasLeft) this.#turn(source, life, isLast);
      }
    }
    if (isNew && this.#vacant > 0 && !life.hasLeft) this.#turn(source, life, false);
    life.sinceMs = nowMs;
    life.sinceAccessUnits = this.#accessUnits;
    life.elsewhere = 0;
    life.isReported = false;
  }

  /** Another feed of the group brought an envelope of a source, which this one should bring too. */
  signElsewhere(source: number, nowMs: number): void {
    this.#lifeOf(source, nowMs).elsewhere += 1;
  }

  accessUnits(count: number, nowMs: number): void {
    this.#accessUnits += count;
    this.#firstMs = Math.min(this.#firstMs, nowMs);
    if (nowMs - this.#checkedMs < checkEveryMs) return;
    this.#checkedMs = nowMs;
    for (const [source, life] of this.#sources) {
      if (life.isReported || life.hasLeft || nowMs - life.sinceMs < silentAfterMs) continue;
      if (this.#accessUnits - life.sinceAccessUnits < silentAccessUnits) continue;
      const isElsewhere = life.elsewhere >= signsElsewhere;
      if (!isElsewhere && life.heartbeats < 2) continue;
      life.isReported = true;
      this.#tell("stripped", { source, reason: isElsewhere ? "other-feed" : "heartbeats-stopped" });
    }
  }

  #turn(source: number, life: Life, hasLeft: boolean): void {
    life.hasLeft = hasLeft;
    this.#vacant += hasLeft ? 1 : -1;
    if (hasLeft) this.#tell("ended", { source, reason: "publisher-closed" });
    else this.#tell("resumed", { source });
  }

  #lifeOf(source: number, nowMs: number): Life {
    const life: Life = this.#sources.get(source) ?? {
      newest: undefined,
      hasLeft: false,
      heartbeats: 0,
      sinceMs: nowMs,
      sinceAccessUnits: this.#accessUnits,
      elsewhere: 0,
      isReported: false,
    };
    this.#sources.set(source, life);
    return life;
  }
}
