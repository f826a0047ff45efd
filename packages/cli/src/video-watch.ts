import type { SeiSubscriber } from "@inband/subscriber";
import { CommandError } from "./command-error.ts";

/** A stage waits 10 seconds for a publisher to connect. */
const firstVideoWithinMs = 15_000;
/** Beside the 2 s after which a subscriber says that a video stalls: it may go on, where nobody took leave. */
const stalledForMs = 3_000;

/** Why no more of a video comes: its connection says so, or it has stalled. */
export type VideoEnd = "ended" | "stalled";

/** Knows of the one video of a subscriber, over all connections that bring it, who was heard in it and how it ended. */
export class VideoWatch {
  readonly #subscriber: SeiSubscriber<unknown>;
  readonly #left = new Set<number>();
  #heard: number | undefined;
  #stalled: NodeJS.Timeout | undefined;
  /** Of the connection at hand. */
  #end: (end: VideoEnd) => void = () => undefined;

  constructor(subscriber: SeiSubscriber<unknown>) {
    this.#subscriber = subscriber;
    subscriber.on("message", ({ source }) => {
      this.#heard = source ?? this.#heard;
    });
    subscriber.on("ended", ({ source }) => {
      if (source === undefined) this.#end("ended");
      else this.#left.add(source);
    });
    subscriber.on("stalled", () => {
      const withinMs = this.hasTakenLeave ? 0 : stalledForMs;
      this.#stalled ??= setTimeout(() => this.#end("stalled"), withinMs);
    });
    subscriber.on("resumed", ({ source }) => {
      if (source === undefined) this.#forgetStalled();
    });
  }

  /** Whether a publisher was heard. */
  get hasHeard(): boolean {
    return this.#heard !== undefined;
  }

  /** Whether the publisher that was heard last has told that it leaves. */
  get hasTakenLeave(): boolean {
    return this.#heard !== undefined && this.#left.has(this.#heard);
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
