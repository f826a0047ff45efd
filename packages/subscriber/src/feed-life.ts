import type { Attachment } from "./attachment.ts";
import { never } from "./never.ts";

/**
 * Why a feed has fallen silent: no access unit came for `stalledAfterMs` (or no heartbeat, where there is no
 * video), or the peer is out of reach.
 */
export type StalledReason = "silent" | "disconnected";

/**
 * How a source left: its publisher was closed or detached and said so in its last heartbeat, RTCP said BYE (RFC 3550
 * 6.6), the connection, the track or the channel was closed or failed, or the file or the playlist is at its end.
 */
export type EndedReason = "publisher-closed" | "bye" | "connection-closed" | "end-of-media";

/** A feed that brought something brings nothing any more, and may go on. */
export interface Stalled {
  /** Name of the feed. */
  readonly feed: string;
  readonly attachment: Attachment;
  readonly reason: StalledReason;
}

/** A source has left. */
export interface Ended {
  /** Name of the feed. */
  readonly feed: string;
  readonly attachment: Attachment;
  /** The publisher that said so; undefined where the whole feed has ended. */
  readonly source: number | undefined;
  readonly reason: EndedReason;
}

/** What had stalled or ended goes on. */
export interface Resumed {
  /** Name of the feed. */
  readonly feed: string;
  readonly attachment: Attachment;
  /** The publisher that is there in place of one that had left; undefined where access units come again. */
  readonly source: number | undefined;
}

/** Silence is looked at this often within `stalledAfterMs`: it is told at most a quarter later. */
const looks = 4;
/** What was on its way when a source left may still arrive. */
const stragglersMs = 500;

type State = "new" | "flowing" | "stalled" | "ended";

/** What a life tells. */
export interface FeedLifeOwner {
  stalled(reason: StalledReason): void;
  ended(reason: EndedReason): void;
  resumed(): void;
}

/**
 * Whether a feed brings something. It looks by a timer whether anything came since it last looked, and compares no
 * clocks: a page or a process that stood still itself does not take what waits for it for silence.
 */
export class FeedLife {
  readonly #owner: FeedLifeOwner;
  readonly #everyMs: number;
  #state: State = "new";
  #hasVideo = false;
  #hasCome = false;
  #quietLooks = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Silence is never told where `stalledAfterMs` is Infinity. */
  constructor(stalledAfterMs: number, owner: FeedLifeOwner) {
    this.#everyMs = stalledAfterMs / looks;
    this.#owner = owner;
  }

  /** An access unit came. */
  accessUnit(): void {
    this.#hasVideo = true;
    this.#came(true);
  }

  /** A message or a heartbeat came: all there is where there is no video, and no regular sign but for heartbeats. */
  userData(isHeartbeat: boolean): void {
    if (!this.#hasVideo) this.#came(isHeartbeat || this.#timer !== undefined);
  }

  stalled(reason: StalledReason): void {
    if (this.#state !== "flowing") return;
    this.#enter("stalled");
    this.#owner.stalled(reason);
  }

  ended(reason: EndedReason): void {
    if (this.#state === "ended") return;
    this.#enter("ended");
    this.#schedule(stragglersMs, () => this.close());
    this.#owner.ended(reason);
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #came(isWatched: boolean): void {
    this.#hasCome = true;
    if (this.#state !== "flowing") {
      if (this.#state === "ended" && this.#timer !== undefined) return;
      const isBack = this.#state !== "new";
      this.#enter("flowing");
      if (isBack) this.#owner.resumed();
    }
    if (isWatched && this.#timer === undefined && this.#everyMs < never) this.#look();
  }

  #look(): void {
    this.#schedule(this.#everyMs, () => {
      this.#quietLooks = this.#hasCome ? 0 : this.#quietLooks + 1;
      this.#hasCome = false;
      if (this.#quietLooks < looks) this.#look();
      else this.stalled("silent");
    });
  }

  #enter(state: State): void {
    this.close();
    this.#state = state;
    this.#quietLooks = 0;
  }

  #schedule(afterMs: number, then: () => void): void {
    this.#timer = setTimeout(then, afterMs);
    // In Node silence alone is no reason to keep the process.
    (this.#timer as { unref?: () => void }).unref?.();
  }
}
