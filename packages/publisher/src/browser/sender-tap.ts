import type { CarrierEvents, CarrierLimits, OpenCarrier } from "../stream/carrier.ts";
import { NoH264Error } from "../stream/no-h264-error.ts";
import { BrowserCarrierError } from "./browser-carrier-error.ts";
import { type CarrierListener, CarrierWorker } from "./carrier-worker.ts";
import { type EncodedStreams, type FrameStreams, passThrough } from "./pass-through.ts";
import type { CarrierTransformOptions, WorkerMessage } from "./protocol.ts";
import { UnreportedMessages } from "./unreported-messages.ts";

/** One publisher that opened a carrier of the sender. */
interface TapPublisher {
  readonly events: CarrierEvents;
  readonly limits: CarrierLimits;
  readonly unreported: UnreportedMessages;
}

/** Several frames at any usual rate. */
const flowCheckMs = 500;

/** Seconds for which a worker that has replaced another looks after the video. */
const reviveAttempts = 60;

const taps = new WeakMap<RTCRtpSender, SenderTap>();

/**
 * The one transform of a sender and the publishers that write into its frames. It is set when the tap is made and never
 * removed: the worker passes the frames on while nobody publishes.
 */
export class SenderTap implements CarrierListener {
  readonly #sender: RTCRtpSender;
  readonly #publishers = new Map<number, TapPublisher>();
  #nextPublisher = 1;
  #worker: CarrierWorker | undefined;
  #hasOwnWorker = false;
  /** Those of `createEncodedStreams`, until the worker that they are for runs. */
  #streams: FrameStreams | undefined;
  #carrier = -1;
  #failure: BrowserCarrierError | undefined;
  /** Whether it has been told, or is being found out, that frames leave past the transform. */
  #isChecked = false;

  /** The sender's tap; a second carrier of one sender shares it, and with it the worker. */
  static of(sender: RTCRtpSender, worker?: Worker): SenderTap {
    let tap = taps.get(sender);
    if (!tap) {
      tap = new SenderTap(sender, worker);
      taps.set(sender, tap);
    }
    return tap;
  }

  constructor(sender: RTCRtpSender, worker?: Worker) {
    this.#sender = sender;
    try {
      this.#connect(worker);
    } catch (error) {
      this.#failure =
        error instanceof BrowserCarrierError
          ? error
          : new BrowserCarrierError(
              "worker-failed",
              `The worker that writes into the frames cannot be started: ${(error as Error).message}.`,
              {
                cause: error,
              },
            );
    }
  }

  join(events: CarrierEvents, limits: CarrierLimits): OpenCarrier {
    const publisher = this.#nextPublisher++;
    const place = () => ({ carrier: this.#carrier, publisher });
    const unreported = new UnreportedMessages();
    this.#publishers.set(publisher, { events, limits, unreported });
    this.#worker?.post({ kind: "carrier-open", ...place(), limits });
    const failure = this.#failure;
    if (failure) queueMicrotask(() => events.failed(failure));
    let isOpen = true;
    return {
      offer: (message) => {
        if (!isOpen) return;
        if (!this.#worker) {
          const reports = [{ messageId: message.id, outcome: "dropped", streams: [] }] as const;
          if (message.standing === undefined) queueMicrotask(() => events.sent(reports));
          return;
        }
        this.#worker.post({ kind: "carrier-offer", ...place(), message: unreported.add(message) });
      },
      withdraw: (messageId) => {
        unreported.withdraw(messageId);
        this.#worker?.post({ kind: "carrier-withdraw", ...place(), messageId });
      },
      [Symbol.dispose]: () => {
        if (isOpen) this.#worker?.post({ kind: "carrier-close", ...place() });
        isOpen = false;
      },
    };
  }

  message(message: Exclude<WorkerMessage, { kind: "carrier-ready" }>): void {
    if (message.kind === "carrier-starved") {
      this.#setTransform(message.attempts);
      return;
    }
    const publisher = this.#publishers.get(message.publisher);
    if (!publisher) return;
    const { events, unreported } = publisher;
    switch (message.kind) {
      case "carrier-sent":
        unreported.reported(message.reports);
        events.sent(message.reports);
        break;
      case "carrier-stalled":
        events.stalled();
        void this.#checkFlow();
        break;
      case "carrier-failed":
        // A worker that can say so has seen a frame.
        this.#isChecked = true;
        events.failed(
          message.code === "no-h264"
            ? new NoH264Error("other-codec", [message.reason.replace(/^video\//i, "")])
            : new BrowserCarrierError("broken", `Writing into the frames failed: ${message.reason}`),
        );
        break;
      case "carrier-closed":
        unreported.close();
        this.#publishers.delete(message.publisher);
    }
  }

  workerStarted(): void {
    const streams = this.#streams;
    this.#streams = undefined;
    if (!streams) return;
    const { readable, writable } = streams;
    this.#worker?.post({ kind: "carrier-streams", carrier: this.#carrier, readable, writable }, [readable, writable]);
  }

  workerFailed(reason: string): void {
    const told = `The worker that writes into the frames cannot be started: ${reason}.`;
    try {
      if (!this.#hasOwnWorker) {
        // Without a worker no frame leaves: with another one they do, and messages in them.
        this.#connect(undefined);
        this.#offerAgain();
        this.#fail(new BrowserCarrierError("worker-failed", `${told} One of inband's own has replaced it.`));
        return;
      }
    } catch {
      // Another worker cannot be started either.
    }
    this.#worker = undefined;
    this.#failure = new BrowserCarrierError(
      "worker-failed",
      `${told} The video leaves without messages. Where a Content-Security-Policy forbids workers from Blobs, pass the option worker.`,
    );
    passThrough(this.#sender, this.#streams);
    this.#streams = undefined;
    this.#fail(this.#failure);
    for (const { events, unreported } of this.#publishers.values()) {
      const ids = unreported.close();
      if (ids.length > 0) events.sent(ids.map((messageId) => ({ messageId, outcome: "dropped", streams: [] })));
    }
  }

  /**
   * Tells why nothing flows where the sender has sent frames that the transform has not seen: one set on a sender that
   * sends already sees none and says nothing.
   */
  async #checkFlow(): Promise<void> {
    if (this.#isChecked) return;
    this.#isChecked = true;
    const before = await framesSent(this.#sender);
    await new Promise((resolve) => setTimeout(resolve, flowCheckMs));
    const after = await framesSent(this.#sender);
    this.#isChecked = after > before && before > 0;
    if (!this.#isChecked) return;
    this.#fail(
      new BrowserCarrierError(
        "transform-too-late",
        "The video is sent, and no frame of it comes through the transform: call browserCarrier(sender) before the connection is negotiated, and set no other transform.",
      ),
    );
  }

  #offerAgain(): void {
    const carrier = this.#carrier;
    for (const [publisher, { limits, unreported }] of this.#publishers) {
      this.#worker?.post({ kind: "carrier-open", carrier, publisher, limits });
      for (const message of unreported.all())
        this.#worker?.post({ kind: "carrier-offer", carrier, publisher, message });
    }
  }

  #connect(worker: Worker | undefined): void {
    const sender: RTCRtpSender & EncodedStreams = this.#sender;
    const hasScriptTransform = typeof RTCRtpScriptTransform === "function" && "transform" in sender;
    if (!hasScriptTransform && !sender.createEncodedStreams) {
      throw new BrowserCarrierError(
        "unsupported",
        "This browser gives no access to encoded frames: it has neither RTCRtpScriptTransform nor createEncodedStreams.",
      );
    }
    if (hasScriptTransform && sender.transform && !this.#worker) {
      throw new BrowserCarrierError(
        "transform-taken",
        "The sender has a transform already, and can have only one: call insertInto in it.",
      );
    }
    const attempts = this.#worker ? reviveAttempts : 0;
    const carrierWorker = CarrierWorker.of(worker);
    this.#hasOwnWorker = !worker;
    this.#carrier = carrierWorker.add(this);
    this.#worker = carrierWorker;
    if (hasScriptTransform) {
      this.#setTransform(attempts);
    } else {
      this.#streams ??= sender.createEncodedStreams?.();
      // A worker that is dead would keep them for ever.
      if (carrierWorker.isReady) this.workerStarted();
    }
  }

  /**
   * Sets the transform; again where no frame comes: in Chromium the old worker's thread cleans up at any time, and a late
   * one takes the frames from the new transform. The order of two transforms of one worker is certain.
   */
  #setTransform(attempts: number): void {
    if (!this.#worker) return;
    const options: CarrierTransformOptions = { kind: "carrier", carrier: this.#carrier, attempts };
    this.#sender.transform = new RTCRtpScriptTransform(this.#worker.worker, options);
  }

  #fail(error: Error): void {
    for (const { events } of this.#publishers.values()) events.failed(error);
  }
}

async function framesSent(sender: RTCRtpSender): Promise<number> {
  let frames = 0;
  try {
    for (const stats of (await sender.getStats()).values()) {
      if (stats.type === "outbound-rtp") frames += stats.framesSent ?? 0;
    }
  } catch {
    // The connection has just been closed.
  }
  return frames;
}
