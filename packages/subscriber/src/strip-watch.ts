/** Messages of a source no longer come in by a feed that goes on bringing access units. */
export interface Stripped {
  /** Name of the feed. */
  readonly feed: string;
  readonly source: number;
  /**
   * `heartbeats-stopped`: what the source says by every key frame or 2 s no longer comes; it may have been closed.
   * `other-feed`: another feed of the group goes on bringing it, so that this one's SEI is taken out on its way.
   */
  readonly reason: "heartbeats-stopped" | "other-feed";
}

interface Life {
  heartbeats: number;
  sinceMs: number;
  sinceAccessUnits: number;
  elsewhere: number;
  isReported: boolean;
}

/** Heartbeats come with each key frame or every 2 s: five in a row were lost, and no copy of any message came. */
const silentAfterMs = 10_000;
/** So many access units without any sign of the source; a video that stands still says nothing. */
const silentAccessUnits = 100;
/** Signs that another feed must have brought in this time: one alone may be a straggler. */
const signsElsewhere = 2;
const maxSources = 256;
const checkEveryMs = 1000;

/** Watches whether one feed still brings the sources that it should. It needs no timer: access units drive it. */
export class StripWatch {
  readonly #stripped: (source: number, reason: Stripped["reason"]) => void;
  readonly #sources = new Map<number, Life>();
  #accessUnits = 0;
  #firstMs = Number.POSITIVE_INFINITY;
  #checkedMs = Number.NEGATIVE_INFINITY;

  constructor(stripped: (source: number, reason: Stripped["reason"]) => void) {
    this.#stripped = stripped;
  }

  /** Whether the feed has brought access units for so long that a source which was there would have been heard of. */
  hasFlowed(nowMs: number): boolean {
    return this.#accessUnits >= silentAccessUnits && nowMs - this.#firstMs >= silentAfterMs;
  }

  /** An envelope of the source came in by this feed. */
  sign(source: number, isHeartbeat: boolean, nowMs: number): void {
    const life = this.#sources.get(source) ?? this.#begin(source);
    if (isHeartbeat) life.heartbeats += 1;
    life.sinceMs = nowMs;
    life.sinceAccessUnits = this.#accessUnits;
    life.elsewhere = 0;
    life.isReported = false;
  }

  /** Another feed of the group brought an envelope of the source; `isExpected` when this one should bring all of them. */
  signElsewhere(source: number, isExpected: boolean, nowMs: number): void {
    let life = this.#sources.get(source);
    if (life === undefined) {
      if (!isExpected) return;
      life = this.#begin(source);
      life.sinceMs = nowMs;
      life.sinceAccessUnits = this.#accessUnits;
    }
    life.elsewhere += 1;
  }

  accessUnits(count: number, nowMs: number): void {
    this.#accessUnits += count;
    this.#firstMs = Math.min(this.#firstMs, nowMs);
    if (nowMs - this.#checkedMs < checkEveryMs) return;
    this.#checkedMs = nowMs;
    for (const [source, life] of this.#sources) {
      if (life.isReported || nowMs - life.sinceMs < silentAfterMs) continue;
      if (this.#accessUnits - life.sinceAccessUnits < silentAccessUnits) continue;
      if (life.elsewhere >= signsElsewhere) this.#report(source, life, "other-feed");
      else if (life.heartbeats >= 2) this.#report(source, life, "heartbeats-stopped");
    }
  }

  #report(source: number, life: Life, reason: Stripped["reason"]): void {
    life.isReported = true;
    this.#stripped(source, reason);
  }

  #begin(source: number): Life {
    const life: Life = { heartbeats: 0, sinceMs: 0, sinceAccessUnits: 0, elsewhere: 0, isReported: false };
    this.#sources.set(source, life);
    if (this.#sources.size > maxSources) this.#sources.delete(this.#sources.keys().next().value as number);
    return life;
  }
}
