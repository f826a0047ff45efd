import { WakeTimer } from "@inband/stream";
import type { DeliveredMessage } from "./delivered-message.ts";
import { MediaTimeline } from "./media-timeline.ts";
import type { PresentedMessage } from "./received-message.ts";

/** What presentation needs of a video element. */
export interface PresentingVideo {
  /** Whether it is stopped on purpose. */
  readonly paused: boolean;
  /** In seconds; for messages that are bound by media time. */
  readonly currentTime?: number;
  /** Whether it has come to its end, and shows its last picture. */
  readonly ended?: boolean;
  requestVideoFrameCallback(
    callback: (now: number, metadata: { readonly rtpTimestamp?: number; readonly mediaTime?: number }) => void,
  ): number;
  cancelVideoFrameCallback(handle: number): void;
}

/** How long a message waits for its frame in a hidden page or a paused video. */
const hiddenAfterMs = 1000;
/** How long it waits in a frozen video: Chromium requests the key frame that ends a freeze after 3 s. */
const frozenAfterMs = 5000;
const maxWaiting = 256;
const microsecondsPerSecond = 1_000_000;

interface Waiting<T> {
  readonly message: DeliveredMessage<T>;
  readonly sinceMs: number;
}

/**
 * Binds messages to what is on the screen: a message is due on the first frame that is not before its own. Not every frame
 * gets a callback (14 % had none under loss), so an equal timestamp is not waited for.
 */
export class Presentation<T> {
  #video: PresentingVideo;
  readonly #present: (presented: PresentedMessage<T>) => void;
  readonly #clock: () => number;
  readonly #timer: WakeTimer;
  readonly #timeline: MediaTimeline<T>;
  #hasTimeline = false;
  /** The messages without a media time. */
  #waiting: Waiting<T>[] = [];
  #handle: number | undefined;

  constructor(video: PresentingVideo, present: (presented: PresentedMessage<T>) => void, clock: () => number) {
    this.#video = video;
    this.#present = present;
    this.#clock = clock;
    this.#timer = new WakeTimer(() => this.#byClock(), clock);
    this.#timeline = new MediaTimeline((message, presented) => this.#fire(message, presented));
  }

  add(message: DeliveredMessage<T>): void {
    if (message.timestamp === undefined) {
      this.#waiting.push({ message, sinceMs: this.#clock() });
      if (this.#waiting.length > maxWaiting) this.#fire((this.#waiting.shift() as Waiting<T>).message, false);
    } else {
      this.#hasTimeline = true;
      this.#timeline.add(message);
    }
    this.#watch();
  }

  /** The messages that wait are presented with another video. */
  moveTo(video: PresentingVideo): void {
    this.#unwatch();
    this.#video = video;
    this.#watch();
  }

  /** Forgets the messages that wait. */
  close(): void {
    this.#waiting = [];
    this.#hasTimeline = false;
    this.#timeline.clear();
    this.#timer.stop();
    this.#unwatch();
  }

  #unwatch(): void {
    if (this.#handle !== undefined) this.#video.cancelVideoFrameCallback(this.#handle);
    this.#handle = undefined;
  }

  #watch(): void {
    const [oldest] = this.#waiting;
    // Playback may return to messages of the timeline at any time.
    if (oldest === undefined && !this.#hasTimeline) return;
    this.#handle ??= this.#video.requestVideoFrameCallback(
      (_, { rtpTimestamp, mediaTime = this.#video.currentTime }) => {
        this.#handle = undefined;
        if (this.#hasTimeline && mediaTime !== undefined) this.#timeline.shown(mediaTime * microsecondsPerSecond);
        this.#fireThose(({ message }) => isDue(message.rtpTimestamp, rtpTimestamp), true, rtpTimestamp);
        this.#watch();
      },
    );
    const nowMs = this.#clock();
    if (oldest !== undefined) this.#timer.by(nowMs + hiddenAfterMs - ((nowMs - oldest.sinceMs) % hiddenAfterMs));
    else if (this.#timeline.isWaiting) this.#timer.after(hiddenAfterMs);
  }

  /** Fires what has waited too long. */
  #byClock(): void {
    const { currentTime = 0, ended, paused } = this.#video;
    const isHidden = (globalThis as { document?: { readonly hidden?: boolean } }).document?.hidden;
    const sinceMs = this.#clock() - (paused || isHidden ? hiddenAfterMs : frozenAfterMs);
    this.#fireThose((waiting) => waiting.sinceMs <= sinceMs, false);
    // Where the last pictures of a video were skipped no callback tells of its end.
    if (ended || (isHidden && !paused)) {
      this.#timeline[isHidden ? "passed" : "shown"](currentTime * microsecondsPerSecond);
    }
    this.#watch();
  }

  #fireThose(isDue: (waiting: Waiting<T>) => boolean, presented: boolean, rtpTimestamp?: number): void {
    const due = this.#waiting.filter(isDue);
    this.#waiting = this.#waiting.filter((waiting) => !due.includes(waiting));
    for (const { message } of due) this.#fire(message, presented, rtpTimestamp);
  }

  #fire(message: DeliveredMessage<T>, presented: boolean, rtpTimestamp?: number): void {
    this.#present(message.presentedAs(presented, rtpTimestamp));
  }
}

/** Whether a frame is not before the one that is meant, modulo 2^32. If either is unknown, any frame will do: NaN | 0 is 0. */
function isDue(meant = Number.NaN, shown = Number.NaN): boolean {
  return ((shown - meant) | 0) >= 0;
}
