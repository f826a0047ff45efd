import { asError, steadyNowMs, WakeTimer } from "@inband/stream";
import type { IvsLocalStream } from "./local-stream.ts";
import { readSentVideo, type SentVideo } from "./sent-video.ts";

const idleIntervalMs = 1000;
/** While messages wait or are on their way. Browsers keep a report for 50 ms. */
const busyIntervalMs = 100;
/** Video that has not moved for so long does not flow. A shared screen that stands still has a frame a second. */
const flowingWithinMs = 2000;
/** The SDK takes every stream to have 30 frames a second when it counts the bytes of copies. */
const leastFrameMs = 1000 / 30;
/** A track is not sent yet while it takes the place of another one. */
const unsentAfterMs = 2000;
const mostFrameMs = 200;

/** What a watch tells. */
export interface FrameWatchEvents {
  /** A report that was asked for at this time; undefined while nothing of the stream is sent. */
  seen(video: SentVideo | undefined, askedAtMs: number): void;
  /** A stage publishes, and has no sender for the track of the stream. */
  unsent(cause: Error): void;
}

/**
 * Follows the video that a stage stream sends by its statistics, which are all that the SDK tells of it: whether frames
 * flow, and how many have left. The SDK itself keeps messages for as long as there are no frames, and then sends them all.
 */
export class FrameWatch {
  readonly #stream: IvsLocalStream;
  readonly #events: FrameWatchEvents;
  readonly #timer = new WakeTimer(() => this.#look());
  #isWatching = false;
  #isLooking = false;
  #isBusy = false;
  #video: SentVideo | undefined;
  #askedAtMs = 0;
  #flowedAtMs = Number.NEGATIVE_INFINITY;
  #unsentSinceMs: number | undefined;
  #frameMs = leastFrameMs;

  constructor(stream: IvsLocalStream, events: FrameWatchEvents) {
    this.#stream = stream;
    this.#events = events;
  }

  get isFlowing(): boolean {
    return steadyNowMs() - this.#flowedAtMs < flowingWithinMs;
  }

  /** The codec that is sent, if it is another than H.264. */
  get otherCodec(): string | undefined {
    const mimeType = this.#video?.mimeType;
    return mimeType === undefined || /^video\/h264$/i.test(mimeType) ? undefined : mimeType;
  }

  /** Time from one frame to the next, never less than the SDK assumes. */
  get frameMs(): number {
    return this.#frameMs;
  }

  start(): void {
    if (this.#isWatching) return;
    this.#isWatching = true;
    this.#look();
  }

  stop(): void {
    this.#isWatching = false;
    this.#timer.stop();
  }

  /** Says whether anything depends on the next report. */
  set isBusy(isBusy: boolean) {
    if (isBusy && !this.#isBusy && this.#isWatching && !this.#isLooking) this.#timer.after(busyIntervalMs);
    this.#isBusy = isBusy;
  }

  #look(): void {
    if (this.#isLooking) return;
    this.#isLooking = true;
    void this.#ask().finally(() => {
      this.#isLooking = false;
      if (!this.#isWatching) return;
      // Two reports tell whether frames flow.
      const isBusy = this.#isBusy || (this.#video !== undefined && !this.isFlowing);
      this.#timer.after(isBusy ? busyIntervalMs : idleIntervalMs);
    });
  }

  async #ask(): Promise<void> {
    const askedAtMs = steadyNowMs();
    let report: unknown;
    try {
      report = await this.#stream.requestRTCStats();
    } catch (error) {
      if (this.#isWatching) this.#unsent(asError(error), askedAtMs);
      return;
    }
    if (!this.#isWatching) return;
    this.#unsentSinceMs = undefined;
    const video = readSentVideo(report);
    this.#compare(video, askedAtMs);
    this.#events.seen(video, askedAtMs);
  }

  #unsent(cause: Error, askedAtMs: number): void {
    this.#unsentSinceMs ??= askedAtMs;
    this.#flowedAtMs = Number.NEGATIVE_INFINITY;
    if (askedAtMs - this.#unsentSinceMs < unsentAfterMs) return;
    this.#video = undefined;
    this.#events.seen(undefined, askedAtMs);
    this.#events.unsent(cause);
  }

  #compare(video: SentVideo | undefined, askedAtMs: number): void {
    let most = 0;
    for (const [ssrc, { frames }] of video?.layers ?? []) {
      most = Math.max(most, frames - (this.#video?.layers.get(ssrc)?.frames ?? frames));
    }
    if (video === undefined) this.#flowedAtMs = Number.NEGATIVE_INFINITY;
    else if (most > 0) {
      const frameMs = (askedAtMs - this.#askedAtMs) / most;
      this.#frameMs = Math.min(Math.max(frameMs, leastFrameMs), mostFrameMs);
      this.#flowedAtMs = askedAtMs;
    }
    this.#video = video;
    this.#askedAtMs = askedAtMs;
  }
}
