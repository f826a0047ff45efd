import { type EndedReason, type StalledReason, WakeTimer } from "@inband/stream";
import type { SubscriberEvents } from "./subscriber-events.ts";

/** Checks for silence within `stalledAfterMs`, so that it is reported at most a quarter later. */
const checksPerTimeout = 4;
/** Packets that were in flight when a source left may arrive within this time. */
const stragglersMs = 500;

type State = "new" | "flowing" | "stalled" | "leaving" | "ended";

/** Fires an event of one feed. Which feed it is is added. */
export type TellOfFeed = <Name extends "stripped" | "stalled" | "ended" | "resumed">(
  event: Name,
  details: Omit<SubscriberEvents[Name], "feed" | "attachment">,
) => void;

/**
 * Whether a feed is active. A timer checks whether anything arrived since its last check, and no clocks are compared: a
 * page or process that was suspended does not mistake its own pause for silence of the peer.
 */
export class FeedLife {
  readonly #tell: TellOfFeed;
  readonly #checkEveryMs: number;
  readonly #timer: WakeTimer;
  #state: State;
  #hasVideo = false;
  /** Checks since the one behind the last arrival; -1 before that one. */
  #silentChecks = -1;

  /** Silence is never reported if `stalledAfterMs` is Infinity. `isBack`: it takes the place of a feed that has ended. */
  constructor(stalledAfterMs: number, tell: TellOfFeed, clock: () => number, isBack: boolean | undefined) {
    this.#state = isBack ? "ended" : "new";
    this.#timer = new WakeTimer(() => this.#check(), clock);
    this.#checkEveryMs = stalledAfterMs / checksPerTimeout;
    this.#tell = tell;
  }

  /** Access units arrived. */
  accessUnits(): void {
    this.#hasVideo = true;
    this.#arrived(true);
  }

  /** A message or a heartbeat arrived. Without video they are all there is, and only heartbeats are regular. */
  userData(isHeartbeat: boolean | undefined): void {
    if (!this.#hasVideo) this.#arrived(isHeartbeat || this.#timer.isSet);
  }

  /** The feed says that it has stalled. */
  stalled(reason: StalledReason): void {
    if (this.#state !== "flowing") return;
    this.#enter("stalled");
    this.#tell("stalled", { reason });
  }

  /** The feed says that it has ended. */
  ended(reason: EndedReason): void {
    if (this.#state === "leaving" || this.#state === "ended") return;
    this.#enter("leaving");
    this.#timer.after(stragglersMs);
    this.#tell("ended", { source: undefined, reason });
  }

  close(): void {
    this.#enter("ended");
  }

  #arrived(isRegular: boolean): void {
    this.#silentChecks = -1;
    const state = this.#state;
    if (state === "leaving") return;
    if (state !== "flowing") {
      this.#enter("flowing");
      if (state !== "new") this.#tell("resumed", { source: undefined });
    }
    // A listener may have closed the feed meanwhile.
    if (isRegular && this.#state === "flowing" && !this.#timer.isSet) this.#timer.after(this.#checkEveryMs);
  }

  #check(): void {
    if (this.#state === "leaving") this.#state = "ended";
    else if (++this.#silentChecks < checksPerTimeout) this.#timer.after(this.#checkEveryMs);
    else this.stalled("silent");
  }

  #enter(state: State): void {
    this.#timer.stop();
    this.#state = state;
  }
}
