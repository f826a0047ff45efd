/// <reference lib="esnext.disposable" preserve="true" />
import type { SeiSink } from "../feed.ts";
import { BrowserFeedError } from "./browser-feed-error.ts";
import { type FeedListener, FeedWorker } from "./feed-worker.ts";
import { type EncodedStreams, type FrameStreams, passThrough } from "./pass-through.ts";
import type { FeedTransformOptions, WorkerMessage } from "./protocol.ts";
import { watchFrames } from "./watchdog.ts";

/** Seconds for which a worker that replaces another one watches the video. */
const REVIVE_ATTEMPTS = 60;

const taps = new WeakMap<RTCRtpReceiver, ReceiverTap>();

/**
 * The single transform of a receiver and the sinks of its feeds. It is set when the tap is made and never removed: the
 * worker passes the frames on while no feed is attached.
 */
export class ReceiverTap implements FeedListener {
  readonly #receiver: RTCRtpReceiver;
  readonly #sinks = new Set<SeiSink>();
  #worker: FeedWorker | undefined;
  #feed = -1;
  #stopWatching: (() => void) | undefined;
  #hasOwnWorker = false;
  /** Of `createEncodedStreams`, until their worker runs. */
  #streams: FrameStreams | undefined;
  #hasSeenFrames = false;
  #failure: BrowserFeedError | undefined;

  /** The tap of a receiver. A second feed of the receiver shares it, and its worker. */
  static of(receiver: RTCRtpReceiver, worker?: Worker): ReceiverTap {
    const tap = taps.get(receiver) ?? new ReceiverTap(receiver, worker);
    taps.set(receiver, tap);
    return tap;
  }

  constructor(receiver: RTCRtpReceiver, worker?: Worker) {
    this.#receiver = receiver;
    receiver.track.addEventListener("ended", () => this.#end());
    try {
      this.#connect(worker);
    } catch (error) {
      this.#failure =
        error instanceof BrowserFeedError ? error : workerFailed(String(error), noBlobs, { cause: error });
    }
  }

  /** Starts to deliver to `sink`. */
  join(sink: SeiSink): Disposable {
    this.#sinks.add(sink);
    if (this.#sinks.size === 1) this.#worker?.post({ kind: "feed-open", feed: this.#feed });
    const failure = this.#failure;
    if (failure) queueMicrotask(() => this.#sinks.has(sink) && sink.failed(failure));
    else if (!this.#hasSeenFrames) this.#stopWatching ??= watchFrames(this.#receiver, () => this.#fail(tooLate()));
    return { [Symbol.dispose]: () => this.#leave(sink) };
  }

  message(message: Exclude<WorkerMessage, { kind: "feed-ready" }>): void {
    if (message.kind === "feed-starved") {
      this.#setTransform(message.attempts);
      return;
    }
    if (message.kind === "feed-failed") {
      const { code, reason } = message;
      const isOther = code === "no-h264";
      const text = isOther
        ? `The video is ${reason}: only H.264 carries messages`
        : `Reading the frames failed: ${reason}`;
      this.#fail(new BrowserFeedError(code, text));
      return;
    }
    if (!this.#hasSeenFrames) this.#watchTransport();
    this.#hasSeenFrames = true;
    this.#endWatch();
    for (const sink of this.#sinks) {
      sink.accessUnits(message.accessUnits);
      for (const found of message.found) sink.userData(found, message.place);
      if (message.broken > 0) sink.broken(message.broken, message.place.stream);
    }
  }

  workerStarted(): void {
    const streams = this.#streams;
    this.#streams = undefined;
    if (!streams) return;
    const { readable, writable } = streams;
    this.#worker?.post({ kind: "feed-streams", feed: this.#feed, readable, writable }, [readable, writable]);
  }

  workerFailed(reason: string): void {
    try {
      if (!this.#hasOwnWorker) {
        // Without a worker the video freezes: another one moves it, and reads the messages.
        this.#connect(undefined);
        if (this.#sinks.size > 0) this.#worker?.post({ kind: "feed-open", feed: this.#feed });
        this.#fail(workerFailed(reason, "One of inband's own replaces it."));
        return;
      }
    } catch {
      // No other worker can start either.
    }
    this.#worker = undefined;
    this.#failure = workerFailed(reason, noBlobs);
    passThrough(this.#receiver, this.#streams);
    this.#streams = undefined;
    this.#fail(this.#failure);
  }

  /** Which transport brings the frames is decided once they arrive. */
  #watchTransport(): void {
    const { transport } = this.#receiver;
    for (const part of [transport, transport?.iceTransport]) {
      part?.addEventListener("statechange", () => {
        const { state } = part;
        if (state === "closed" || state === "failed") this.#end();
        else if (state === "disconnected") for (const sink of this.#sinks) sink.stalled(state);
      });
    }
  }

  #end(): void {
    for (const sink of this.#sinks) sink.ended("connection-closed");
  }

  #leave(sink: SeiSink): void {
    if (!this.#sinks.delete(sink) || this.#sinks.size > 0) return;
    this.#endWatch();
    this.#worker?.post({ kind: "feed-close", feed: this.#feed });
  }

  #connect(worker: Worker | undefined): void {
    const receiver: RTCRtpReceiver & EncodedStreams = this.#receiver;
    const hasScriptTransform = typeof RTCRtpScriptTransform === "function" && "transform" in receiver;
    if (!hasScriptTransform && !receiver.createEncodedStreams) {
      throw new BrowserFeedError(
        "unsupported",
        "This browser has neither RTCRtpScriptTransform nor createEncodedStreams",
      );
    }
    if (hasScriptTransform && receiver.transform && !this.#worker) {
      throw new BrowserFeedError(
        "transform-taken",
        "The receiver has another transform already: read the frames there",
      );
    }
    const attempts = this.#worker ? REVIVE_ATTEMPTS : 0;
    const feedWorker = FeedWorker.of(worker);
    this.#hasOwnWorker = !worker;
    this.#feed = feedWorker.add(this);
    this.#worker = feedWorker;
    if (hasScriptTransform) {
      this.#setTransform(attempts);
    } else {
      this.#streams ??= receiver.createEncodedStreams?.();
      // A dead worker would keep them forever.
      if (feedWorker.isReady) this.workerStarted();
    }
  }

  /**
   * Sets the transform, and again if no frame arrives: in Chromium the thread of the old worker cleans up at any time, and a
   * late clean-up takes the frames from the new transform. Two transforms of one worker keep their order.
   */
  #setTransform(attempts: number): void {
    if (!this.#worker) return;
    const options: FeedTransformOptions = { kind: "feed", feed: this.#feed, attempts };
    this.#receiver.transform = new RTCRtpScriptTransform(this.#worker.worker, options);
  }

  #fail(error: BrowserFeedError): void {
    this.#endWatch();
    for (const sink of this.#sinks) sink.failed(error);
  }

  #endWatch(): void {
    this.#stopWatching?.();
    this.#stopWatching = undefined;
  }
}

const noBlobs =
  "The video passes without its messages. If a Content-Security-Policy forbids workers from Blobs, pass the option worker.";

function workerFailed(reason: string, advice: string, options?: ErrorOptions): BrowserFeedError {
  const text = `The worker cannot be started or has ended: ${reason}. ${advice}`;
  return new BrowserFeedError("worker-failed", text, options);
}

function tooLate(): BrowserFeedError {
  return new BrowserFeedError(
    "transform-too-late",
    "The video plays past the transform: call browserFeed(receiver) before anything is awaited, in the track event, or right after addTransceiver if this page makes the offer",
  );
}
