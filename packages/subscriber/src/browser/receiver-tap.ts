import type { SeiSink } from "../feed.ts";
import { BrowserFeedError } from "./browser-feed-error.ts";
import { type FeedListener, FeedWorker } from "./feed-worker.ts";
import type { FeedTransformOptions, WorkerMessage } from "./protocol.ts";
import { Watchdog } from "./watchdog.ts";

/** Chromium's API from before RTCRtpScriptTransform. */
interface EncodedStreams {
  createEncodedStreams?(): { readonly readable: ReadableStream; readonly writable: WritableStream };
}

/** Seconds for which a worker that stands in for another looks after the video. */
const REVIVE_ATTEMPTS = 60;

const taps = new WeakMap<RTCRtpReceiver, ReceiverTap>();

/**
 * The one transform of a receiver and those who listen to it. It is set when the tap is made and never taken away
 * again: the worker lets the frames pass while nobody listens.
 */
export class ReceiverTap implements FeedListener {
  readonly #receiver: RTCRtpReceiver;
  readonly #sinks = new Set<SeiSink>();
  #worker: FeedWorker | undefined;
  #feed = -1;
  #watchdog: Watchdog | undefined;
  #hasOwnWorker = false;
  #hasSeenFrames = false;
  #failure: BrowserFeedError | undefined;

  /** The receiver's tap; a second feed of one receiver shares it, and with it the worker. */
  static of(receiver: RTCRtpReceiver, worker?: Worker): ReceiverTap {
    let tap = taps.get(receiver);
    if (!tap) {
      tap = new ReceiverTap(receiver, worker);
      taps.set(receiver, tap);
    }
    return tap;
  }

  constructor(receiver: RTCRtpReceiver, worker?: Worker) {
    this.#receiver = receiver;
    receiver.track.addEventListener("ended", () => this.#end());
    try {
      this.#connect(worker);
    } catch (error) {
      this.#failure =
        error instanceof BrowserFeedError
          ? error
          : new BrowserFeedError(
              "worker-failed",
              `The worker that reads the frames cannot be started: ${(error as Error).message}.`,
              {
                cause: error,
              },
            );
    }
  }

  /** Starts to deliver to `sink`. */
  join(sink: SeiSink): Disposable {
    this.#sinks.add(sink);
    if (this.#sinks.size === 1) this.#worker?.post({ kind: "feed-open", feed: this.#feed });
    const failure = this.#failure;
    if (failure) queueMicrotask(() => this.#sinks.has(sink) && sink.failed(failure));
    else if (!this.#hasSeenFrames) this.#watchdog ??= new Watchdog(this.#receiver, () => this.#tooLate());
    return { [Symbol.dispose]: () => this.#leave(sink) };
  }

  message(message: Exclude<WorkerMessage, { kind: "feed-ready" }>): void {
    if (message.kind === "feed-starved") {
      this.#setTransform(message.attempts);
      return;
    }
    if (message.kind === "feed-failed") {
      const error =
        message.code === "no-h264"
          ? new BrowserFeedError("no-h264", `The video is ${message.reason}: only H.264 carries messages.`)
          : new BrowserFeedError("broken", `Reading the frames failed: ${message.reason}`);
      this.#fail(error);
      return;
    }
    if (!this.#hasSeenFrames) this.#watchTransport();
    this.#hasSeenFrames = true;
    this.#stopWatchdog();
    for (const sink of this.#sinks) {
      sink.accessUnits(message.accessUnits);
      for (const found of message.found) sink.userData(found, found);
      if (message.broken > 0) sink.broken(message.broken, message.stream);
    }
  }

  workerFailed(reason: string): void {
    const told = `The worker that reads the frames cannot be started or has ended: ${reason}.`;
    try {
      if (!this.#hasOwnWorker) {
        // Without a worker the video stands still, and taking the transform away does not move it: another worker does.
        this.#connect(undefined);
        if (this.#sinks.size > 0) this.#worker?.post({ kind: "feed-open", feed: this.#feed });
        this.#fail(new BrowserFeedError("worker-failed", `${told} One of inband's own stands in for it.`));
        return;
      }
    } catch {
      // There is no other worker either.
    }
    this.#worker = undefined;
    this.#failure = new BrowserFeedError(
      "worker-failed",
      `${told} Where a Content-Security-Policy forbids workers from Blobs, pass the option worker.`,
    );
    this.#fail(this.#failure);
  }

  /** Once frames come it is decided which one brings them. */
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
    this.#stopWatchdog();
    this.#worker?.post({ kind: "feed-close", feed: this.#feed });
  }

  #connect(worker: Worker | undefined): void {
    const receiver: RTCRtpReceiver & EncodedStreams = this.#receiver;
    const hasScriptTransform = typeof RTCRtpScriptTransform === "function" && "transform" in receiver;
    if (!hasScriptTransform && !receiver.createEncodedStreams) {
      throw new BrowserFeedError(
        "unsupported",
        "This browser gives no access to encoded frames: it has neither RTCRtpScriptTransform nor createEncodedStreams.",
      );
    }
    if (hasScriptTransform && receiver.transform && !this.#worker) {
      throw new BrowserFeedError(
        "transform-taken",
        "The receiver has a transform already, and can have only one: call browserFeed before setting it, or read the frames there.",
      );
    }
    const attempts = this.#worker ? REVIVE_ATTEMPTS : 0;
    const feedWorker = FeedWorker.of(worker);
    this.#hasOwnWorker = !worker;
    this.#feed = feedWorker.add(this);
    this.#worker = feedWorker;
    if (hasScriptTransform) {
      this.#setTransform(attempts);
    } else if (receiver.createEncodedStreams) {
      const { readable, writable } = receiver.createEncodedStreams();
      feedWorker.post({ kind: "feed-streams", feed: this.#feed, readable, writable }, [readable, writable]);
    }
  }

  /**
   * Sets the transform; again where no frame comes: Chromium lets the old worker's thread clean up when it likes, and a
   * late one takes the frames from the new transform. Between two transforms of one worker the order is sure.
   */
  #setTransform(attempts: number): void {
    if (!this.#worker) return;
    const options: FeedTransformOptions = { kind: "feed", feed: this.#feed, attempts };
    this.#receiver.transform = new RTCRtpScriptTransform(this.#worker.worker, options);
  }

  #tooLate(): void {
    this.#fail(
      new BrowserFeedError(
        "transform-too-late",
        "The video plays, and no frame of it comes through the transform: call browserFeed(receiver) before anything is awaited, in the track event of an offer, or right behind addTransceiver where this page makes the offer.",
      ),
    );
  }

  #fail(error: BrowserFeedError): void {
    this.#stopWatchdog();
    for (const sink of this.#sinks) sink.failed(error);
  }

  #stopWatchdog(): void {
    this.#watchdog?.stop();
    this.#watchdog = undefined;
  }
}
