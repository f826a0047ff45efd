import { MediaTimeline } from "./media-timeline.ts";
import type { DeliveredMessage, PresentedMessage } from "./received-message.ts";

/** What presentation needs of a video element. */
export interface PresentingVideo {
  /** Whether it stands still on purpose. */
  readonly paused: boolean;
  /** In seconds; for messages that are bound by media time. */
  readonly currentTime?: number;
  requestVideoFrameCallback(
    callback: (now: number, metadata: { readonly rtpTimestamp?: number; readonly mediaTime?: number }) => void,
  ): number;
  cancelVideoFrameCallback(handle: number): void;
}

/** How long a message waits for its frame in a page that is hidden or a video that is paused. */
const hiddenAfterMs = 1000;
/** How long it waits for one that stands still: Chromium asks for the key frame that ends a freeze after 3 s. */
const frozenAfterMs = 5000;
const maxWaiting = 256;

interface Waiting<T> {
  readonly message: DeliveredMessage<T>;
  readonly sinceMs: number;
}

/**
 * Binds messages to what the screen shows: a message is due on the first frame that is not before its own. Not every
 * frame gets a callback (14 % had none under loss), so an equal timestamp is not waited for.
 */
export class Presentation<T> {
  #video: PresentingVideo;
  readonly #present: (presented: PresentedMessage<T>) => void;
  readonly #now: () => number;
  readonly #timeline: MediaTimeline<T>;
  #waiting: Waiting<T>[] = [];
  #hasTimeline = false;
  #handle: number | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(video: PresentingVideo, present: (presented: PresentedMessage<T>) => void, now: () => number) {
    this.#video = video;
    this.#present = present;
    this.#now = now;
    this.#timeline = new MediaTimeline((message, presented) => this.#fire(message, presented));
  }

  add(message: DeliveredMessage<T>): void {
    const { mediaTimeMs } = message;
    if (mediaTimeMs === undefined) {
      this.#waiting.push({ message, sinceMs: this.#now() });
      if (this.#waiting.length > maxWaiting) this.#fire((this.#waiting.shift() as Waiting<T>).message, false);
    } else {
      this.#hasTimeline = true;
      this.#timeline.add(message, mediaTimeMs);
    }
    this.#watch();
  }

  /** What waits goes on waiting, for the frames of another video. */
  moveTo(video: PresentingVideo): void {
    this.#unwatch();
    this.#video = video;
    this.#watch();
  }

  /** Lets go of what waits. */
  close(): void {
    this.#waiting = [];
    this.#hasTimeline = false;
    this.#timeline.clear();
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#unwatch();
  }

  #unwatch(): void {
    if (this.#handle !== undefined) this.#video.cancelVideoFrameCallback(this.#handle);
    this.#handle = undefined;
  }

  #watch(): void {
    const [oldest] = this.#waiting;
    // Playing may come back to messages of the timeline at any time.
    if (oldest === undefined && !this.#hasTimeline) return;
    this.#handle ??= this.#video.requestVideoFrameCallback((_, { rtpTimestamp, mediaTime = this.#video.currentTime }) =>
      this.#shown(rtpTimestamp, mediaTime),
    );
    if (oldest === undefined && !this.#timeline.isWaiting) return;
    const waitedMs = oldest === undefined ? 0 : this.#now() - oldest.sinceMs;
    this.#timer ??= setTimeout(() => this.#byClock(), Math.max(1, hiddenAfterMs - (waitedMs % hiddenAfterMs)));
  }

  #shown(rtpTimestamp: number | undefined, mediaTime: number | undefined): void {
    this.#handle = undefined;
    if (this.#hasTimeline && mediaTime !== undefined) this.#timeline.shown(mediaTime * 1000);
    this.#fireThose(({ message }) => isDue(message.rtpTimestamp, rtpTimestamp), true, rtpTimestamp);
    this.#watch();
  }

  #byClock(): void {
    this.#timer = undefined;
    const sinceMs = this.#now() - (this.#video.paused || isHidden() ? hiddenAfterMs : frozenAfterMs);
    this.#fireThose((waiting) => waiting.sinceMs <= sinceMs, false);
    const { currentTime, paused } = this.#video;
    if (isHidden() && !paused && currentTime !== undefined) this.#timeline.passed(currentTime * 1000);
    this.#watch();
  }

  #fireThose(isDue: (waiting: Waiting<T>) => boolean, presented: boolean, rtpTimestamp?: number): void {
    const due = this.#waiting.filter(isDue);
    this.#waiting = this.#waiting.filter((waiting) => !isDue(waiting));
    for (const { message } of due) this.#fire(message, presented, rtpTimestamp);
  }

  #fire(message: DeliveredMessage<T>, presented: boolean, rtpTimestamp?: number): void {
    this.#present(message.presentedAs(presented, rtpTimestamp));
  }
}

/** Whether a frame is not before the one that is meant, modulo 2^32; where either is unknown, the next frame will do. */
function isDue(meant: number | undefined, shown: number | undefined): boolean {
  return meant === undefined || shown === undefined || ((shown - meant) | 0) >= 0;
}

function isHidden(): boolean {
  const { document } = globalThis as { document?: { readonly hidden?: boolean } };
  return document?.hidden === true;
}
