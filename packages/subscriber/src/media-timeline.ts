import type { DeliveredMessage } from "./received-message.ts";

/** Messages that wait for their frame; players hold a minute or two of media in front of the frame on the screen. */
const maxWaiting = 4096;
/** Messages that are kept to be presented again after seeking back. */
const maxPast = 4096;
/** Containers round the times of frames, to 1/90000 s or to microseconds; frames are 8 ms apart at least. */
const sameFrameMs = 2;
/** A longer step from frame to frame is a jump. */
const longestStepMs = 1000;
/** The frame that a jump lands on may get no callback; one of the next two or three does. */
const landingMs = 100;

interface Entry<T> {
  readonly message: DeliveredMessage<T>;
  readonly dueMs: number;
}

/**
 * The messages of recorded or segmented media by media time. Each is due on the first frame that is not before its own,
 * and again whenever playing crosses its time once more.
 */
export class MediaTimeline<T> {
  readonly #fire: (message: DeliveredMessage<T>, presented: boolean) => void;
  /** Both in the order of media time. */
  readonly #waiting: Entry<T>[] = [];
  readonly #past: Entry<T>[] = [];
  #positionMs: number | undefined;

  constructor(fire: (message: DeliveredMessage<T>, presented: boolean) => void) {
    this.#fire = fire;
  }

  /** Whether messages wait that no frame has presented. */
  get isWaiting(): boolean {
    return this.#waiting.length > 0;
  }

  add(message: DeliveredMessage<T>, dueMs: number): void {
    insert(this.#waiting, { message, dueMs });
    if (this.#waiting.length > maxWaiting) this.#leave(this.#waiting.splice(0, 1), false);
  }

  /** A frame of this media time is on the screen. */
  shown(mediaTimeMs: number): void {
    const fromMs = this.#positionMs ?? mediaTimeMs;
    this.#positionMs = mediaTimeMs;
    const isStep = mediaTimeMs > fromMs && mediaTimeMs - fromMs <= longestStepMs;
    const toIndex = firstAfter(this.#past, mediaTimeMs + sameFrameMs);
    // A frame that is shown again, as when a video is paused, is no step and no jump.
    const fromIndex =
      mediaTimeMs === fromMs
        ? toIndex
        : firstAfter(this.#past, isStep ? fromMs + sameFrameMs : mediaTimeMs - landingMs);
    const again = this.#past.slice(fromIndex, toIndex);
    const first = this.#waiting.splice(0, firstAfter(this.#waiting, mediaTimeMs + sameFrameMs));
    for (const { message } of again) this.#fire(message, true);
    this.#leave(first, true);
  }

  /** Playing has come to this media time while nothing could be seen. */
  passed(mediaTimeMs: number): void {
    this.#positionMs = mediaTimeMs;
    this.#leave(this.#waiting.splice(0, firstAfter(this.#waiting, mediaTimeMs)), false);
  }

  clear(): void {
    this.#waiting.length = 0;
    this.#past.length = 0;
  }

  #leave(entries: readonly Entry<T>[], presented: boolean): void {
    for (const entry of entries) {
      insert(this.#past, entry);
      if (this.#past.length > maxPast) this.#past.shift();
    }
    for (const { message } of entries) this.#fire(message, presented);
  }
}

function insert<T>(entries: Entry<T>[], entry: Entry<T>): void {
  entries.splice(firstAfter(entries, entry.dueMs), 0, entry);
}

/** Index of the first entry that is later. */
function firstAfter<T>(entries: readonly Entry<T>[], timeMs: number): number {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((entries[middle] as Entry<T>).dueMs <= timeMs) low = middle + 1;
    else high = middle;
  }
  return low;
}
