import type { DeliveredMessage } from "./delivered-message.ts";

/** Messages that wait for their frame. Players hold a minute or two of media ahead of the frame on the screen. */
const maxWaiting = 4096;
/** Messages that are kept to be presented again after seeking back. */
const maxPast = 4096;
/** In microseconds. Containers round the times of frames, to 1/90000 s or to microseconds; frames are at least 8 ms apart. */
const sameFrame = 2000;
/** In microseconds. A longer step from frame to frame is a jump. */
const longestStep = 1_000_000;
/** In microseconds. The frame that a jump lands on may get no callback; one of the next two or three does. */
const landing = 100_000;

/**
 * The messages of recorded or segmented media by media time. Each is due on the first frame that is not before its own, and
 * again whenever playback crosses its time again. All times are in microseconds.
 */
export class MediaTimeline<T> {
  readonly #fire: (message: DeliveredMessage<T>, presented: boolean) => void;
  /** Both in the order of media time. */
  readonly #waiting: DeliveredMessage<T>[] = [];
  readonly #past: DeliveredMessage<T>[] = [];
  #position: number | undefined;

  constructor(fire: (message: DeliveredMessage<T>, presented: boolean) => void) {
    this.#fire = fire;
  }

  /** Whether messages wait that no frame has presented. */
  get isWaiting(): boolean {
    return this.#waiting.length > 0;
  }

  /** Takes a message that has a `timestamp`. */
  add(message: DeliveredMessage<T>): void {
    insert(this.#waiting, message);
    if (this.#waiting.length > maxWaiting) this.#leave(1, false);
  }

  /** A frame of this media time is on the screen. */
  shown(mediaTime: number): void {
    const from = this.#position ?? mediaTime;
    this.#position = mediaTime;
    const isStep = mediaTime > from && mediaTime - from <= longestStep;
    const end = firstAfter(this.#past, mediaTime + sameFrame);
    // A frame that is shown again, as when a video is paused, is neither a step nor a jump.
    const begin = mediaTime === from ? end : firstAfter(this.#past, isStep ? from + sameFrame : mediaTime - landing);
    const again = this.#past.slice(begin, end);
    const first = firstAfter(this.#waiting, mediaTime + sameFrame);
    for (const message of again) this.#fire(message, true);
    this.#leave(first, true);
  }

  /** Playback has reached this media time while nothing could be seen. */
  passed(mediaTime: number): void {
    this.#position = mediaTime;
    this.#leave(firstAfter(this.#waiting, mediaTime), false);
  }

  clear(): void {
    this.#waiting.length = 0;
    this.#past.length = 0;
  }

  /** The first messages that wait become past. */
  #leave(count: number, presented: boolean): void {
    const messages = this.#waiting.splice(0, count);
    for (const message of messages) {
      insert(this.#past, message);
      if (this.#past.length > maxPast) this.#past.shift();
    }
    for (const message of messages) this.#fire(message, presented);
  }
}

function insert<T>(messages: DeliveredMessage<T>[], message: DeliveredMessage<T>): void {
  messages.splice(firstAfter(messages, message.timestamp as number), 0, message);
}

/** Index of the first message that is later. */
function firstAfter<T>(messages: readonly DeliveredMessage<T>[], time: number): number {
  let low = 0;
  let high = messages.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (((messages[middle] as DeliveredMessage<T>).timestamp as number) <= time) low = middle + 1;
    else high = middle;
  }
  return low;
}
