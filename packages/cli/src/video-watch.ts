import type { SeiSubscriber } from "@inband/subscriber";
import { CommandError } from "./command-error.ts";

/** A stage waits 10 seconds for a publisher to connect. */
const firstVideoWithinMs = 15_000;
/** Beside the 2 s after which a subscriber says that a video stalls: it may go on, where no publisher has said that it leaves. */
const stalledForMs = 3_000;
/** What others still say in a video whose publisher has left, as those who post to it by HTTP: some 5 s of it. */
const lastAccessUnits = 150;

/** Why no more of a video comes: its connection says so, or it has stalled. */
export type VideoEnd = "ended" | "stalled";

/** Knows of the one video of a subscriber, over all connections that bring it, who was heard in it and how it ended. */
export class VideoWatch {
  readonly #subscriber: SeiSubscriber<unknown>;
  #hasHeard = false;
  /** The publisher that has said that it leaves, and the access units that had come by then. */
  #left: { readonly source: number; readonly accessUnits: number } | undefined;
  #stalled: NodeJS.Timeout | undefined;
  /** Of the connection at hand. */
  #end: (end: VideoEnd) => void = () => undefined;

  constructor(subscriber: SeiSubscriber<unknown>) {
    this.#subscriber = subscriber;
    subscriber.on("message", ({ source }) => {
      if (source === undefined) return;
      this.#hasHeard = true;
      if (this.#left === undefined || source === this.#left.source) return;
      if (subscriber.stats().accessUnits > this.#left.accessUnits + lastAccessUnits) this.#left = undefined;
    });
    subscriber.on("ended", ({ source }) => {
      if (source === undefined) this.#end("ended");
      else this.#left = { source, accessUnits: subscriber.stats().accessUnits };
    });
    subscriber.on("stalled", () => {
      const withinMs = this.hasSaidGoodbye ? 0 : stalledForMs;
      this.#stalled ??= setTimeout(() => this.#end("stalled"), withinMs);
    });
    subscriber.on("resumed", ({ source }) => {
      if (source === undefined) this.#forgetStalled();
    });
  }

  /** Whether a publisher was heard. */
  get hasHeard(): boolean {
    return this.#hasHeard;
  }

  /** Whether a publisher has said that it leaves, and the video has not gone on with the messages of another. */
  get hasSaidGoodbye(): boolean {
    return this.#left !== undefined;
  }

  /**
   * Resolves when the video of one connection ends; never where `signal` aborts before. Call it before the video may come.
   *
   * @throws CommandError when none has come at all.
   */
  async end(signal: AbortSignal): Promise<VideoEnd> {
    const before = this.#subscriber.stats().accessUnits;
    let first: NodeJS.Timeout | undefined;
    const stop = (): void => {
      clearTimeout(first);
      this.#forgetStalled();
    };
    signal.addEventListener("abort", stop, { once: true });
    try {
      return await new Promise((resolve, reject) => {
        this.#end = resolve;
        first = setTimeout(() => {
          if (this.#subscriber.stats().accessUnits > before) return;
          const seconds = firstVideoWithinMs / 1000;
          reject(new CommandError(`The stage took the subscription, but no H.264 came within ${seconds} seconds.`));
        }, firstVideoWithinMs);
      });
    } finally {
      stop();
    }
  }

  #forgetStalled(): void {
    clearTimeout(this.#stalled);
    this.#stalled = undefined;
  }
}
