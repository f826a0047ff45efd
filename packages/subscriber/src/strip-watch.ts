import { keepNewest } from "./keep-newest.ts";
import { never } from "./never.ts";

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

/** What a sign says of its source. */
export interface Sign {
  readonly source: number;
  /** Of the heartbeat; undefined for a message. */
  readonly heartbeat: number | undefined;
  /** Whether the source says that it leaves. */
  readonly isLast: boolean;
}

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

/** Heartbeats come with each key frame or every 2 s: five in a row were lost, and no copy of any message came. */
const silentAfterMs = 10_000;
/** So many access units without any sign of the source; a video that stands still says nothing. */
const silentAccessUnits = 100;
/** Signs that another feed must have brought in this time: one alone may be a straggler. */
const signsElsewhere = 2;
const maxSources = 256;
const checkEveryMs = 1000;

/** What a watch tells. */
export interface StripWatchOwner {
  stripped(source: number, reason: Stripped["reason"]): void;
  /** The source has said that it leaves. */
  left(source: number): void;
  /** A source is there in place of one that has left. */
  replaced(source: number): void;
}

/** Watches whether one feed still brings the sources that it should. It needs no timer: access units drive it. */
export class StripWatch {
  readonly #owner: StripWatchOwner;
  /** Sources that have left and that no other one has replaced. */
  #vacant = 0;
  readonly #sources = new Map<number, Life>();
  #accessUnits = 0;
  #firstMs = never;
  #checkedMs = Number.NEGATIVE_INFINITY;

  constructor(owner: StripWatchOwner) {
    this.#owner = owner;
  }

  /** Whether the feed has brought access units for so long that a source which was there would have been heard of. */
  hasFlowed(nowMs: number): boolean {
    return this.#accessUnits >= silentAccessUnits && nowMs - this.#firstMs >= silentAfterMs;
  }

  /** An envelope of the source came in by this feed. */
  sign({ source, heartbeat, isLast }: Sign, nowMs: number): void {
    const known = this.#sources.get(source);
    const life = known ?? this.#begin(source, nowMs);
    if (heartbeat !== undefined) life.heartbeats += 1;
    // Copies and heartbeats from before its last word may come behind it.
    if (heartbeat !== undefined && (life.newest === undefined || ((heartbeat - life.newest) | 0) > 0)) {
      life.newest = heartbeat;
      if (isLast !== life.hasLeft) this.#turn(source, life, isLast);
    }
    if (known === undefined && this.#vacant > 0 && !life.hasLeft) this.#turn(source, life, false);
    life.sinceMs = nowMs;
    life.sinceAccessUnits = this.#accessUnits;
    life.elsewhere = 0;
    life.isReported = false;
  }

  /** Another feed of the group brought an envelope of the source, which this one should bring too. */
  signElsewhere(source: number, nowMs: number): void {
    const life = this.#sources.get(source) ?? this.#begin(source, nowMs);
    life.elsewhere += 1;
  }

  accessUnits(count: number, nowMs: number): void {
    this.#accessUnits += count;
    this.#firstMs = Math.min(this.#firstMs, nowMs);
    if (nowMs - this.#checkedMs < checkEveryMs) return;
    this.#checkedMs = nowMs;
    for (const [source, life] of this.#sources) {
      if (life.isReported || life.hasLeft || nowMs - life.sinceMs < silentAfterMs) continue;
      if (this.#accessUnits - life.sinceAccessUnits < silentAccessUnits) continue;
      if (life.elsewhere >= signsElsewhere) this.#report(source, life, "other-feed");
      else if (life.heartbeats >= 2) this.#report(source, life, "heartbeats-stopped");
    }
  }

  #report(source: number, life: Life, reason: Stripped["reason"]): void {
    life.isReported = true;
    this.#owner.stripped(source, reason);
  }

  #turn(source: number, life: Life, hasLeft: boolean): void {
    life.hasLeft = hasLeft;
    this.#vacant += hasLeft ? 1 : -1;
    if (hasLeft) this.#owner.left(source);
    else this.#owner.replaced(source);
  }

  #begin(source: number, nowMs: number): Life {
    const life: Life = {
      newest: undefined,
      hasLeft: false,
      heartbeats: 0,
      sinceMs: nowMs,
      sinceAccessUnits: this.#accessUnits,
      elsewhere: 0,
      isReported: false,
    };
    keepNewest(this.#sources, source, life, maxSources);
    return life;
  }
}
