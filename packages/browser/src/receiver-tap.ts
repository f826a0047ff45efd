/// <reference lib="esnext.disposable" preserve="true" />
import type { SeiSink } from "@inband/stream";
import { BrowserFeedError } from "./browser-feed-error.ts";
import type { FeedMessage, ReaderMessage } from "./feed-protocol.ts";
import { FrameTap, type FrameTapOwner, type TapFailure } from "./frame-tap.ts";
import { addScript } from "./frame-worker.ts";
import { readerScript } from "./generated/reader-script.ts";
import { watchFrames } from "./watchdog.ts";

addScript(readerScript);

const taps = new WeakMap<RTCRtpReceiver, ReceiverTap>();

/** The tap of a receiver and those who listen to it. */
export class ReceiverTap implements FrameTapOwner<ReaderMessage> {
  readonly #receiver: RTCRtpReceiver;
  readonly #sinks = new Set<SeiSink>();
  readonly #tap: FrameTap<ReaderMessage>;
  #stopWatching: (() => void) | undefined;
  #hasSeenFrames = false;

  /** The receiver's tap; a second feed of one receiver shares it, and with it the worker. */
  static of(receiver: RTCRtpReceiver, worker?: Worker): ReceiverTap {
    const tap = taps.get(receiver) ?? new ReceiverTap(receiver, worker);
    taps.set(receiver, tap);
    return tap;
  }

  constructor(receiver: RTCRtpReceiver, worker?: Worker) {
    this.#receiver = receiver;
    receiver.track.addEventListener("ended", () => this.#end());
    this.#tap = new FrameTap(receiver, "feed", this, worker);
  }

  /** Starts to deliver to `sink`. */
  join(sink: SeiSink): Disposable {
    this.#sinks.add(sink);
    if (this.#sinks.size === 1) this.#post("open");
    const { error } = this.#tap;
    if (error) queueMicrotask(() => this.#sinks.has(sink) && sink.failed(error));
    else if (!this.#hasSeenFrames) this.#stopWatching ??= watchFrames(this.#receiver, () => this.#tooLate());
    return { [Symbol.dispose]: () => this.#leave(sink) };
  }

  message(message: ReaderMessage): void {
    if (message.kind === "failed") {
      const { code, reason } = message;
      const what = code === "broken" ? "Reading failed" : "The video is not H.264";
      this.failed(new BrowserFeedError(code, `${what}: ${reason}`));
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

  failed(error: Error, isReplaced?: boolean): void {
    if (isReplaced && this.#sinks.size > 0) this.#post("open");
    this.#endWatch();
    for (const sink of this.#sinks) sink.failed(error);
  }

  failure(code: TapFailure, reason?: string, isReplaced?: boolean): BrowserFeedError {
    const advice = isReplaced
      ? "It was replaced"
      : "If a Content-Security-Policy forbids workers from Blobs, pass the option worker";
    const texts: Record<TapFailure, string> = {
      unsupported: "The browser gives no access to encoded frames",
      "transform-taken": "The receiver has another transform",
      "worker-failed": `The worker failed: ${reason}. ${advice}`,
    };
    return new BrowserFeedError(code, texts[code]);
  }

  /** Once frames come it is decided which transport brings them. */
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
    this.#post("close");
  }

  #tooLate(): void {
    const text = "The video plays past the transform: call browserFeed at once, before any await";
    this.failed(new BrowserFeedError("transform-too-late", text));
  }

  #endWatch(): void {
    this.#stopWatching?.();
    this.#stopWatching = undefined;
  }

  #post(kind: FeedMessage["kind"]): void {
    this.#tap.post({ kind });
  }
}
