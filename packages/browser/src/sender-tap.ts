/// <reference lib="esnext.disposable" preserve="true" />
import { type CarrierEvents, type CarrierLimits, NoH264Error, type OpenCarrier } from "@inband/stream";
import { BrowserCarrierError } from "./browser-carrier-error.ts";
import type { CarrierMessage, WriterMessage } from "./carrier-protocol.ts";
import { FrameTap, type FrameTapOwner, type TapFailure } from "./frame-tap.ts";
import { addScript } from "./frame-worker.ts";
import { writerScript } from "./generated/writer-script.ts";
import { UnreportedMessages } from "./unreported-messages.ts";

addScript(writerScript);

/** One publisher that opened a carrier of the sender. */
interface TapPublisher {
  readonly events: CarrierEvents;
  readonly limits: CarrierLimits;
  readonly unreported: UnreportedMessages;
}

/** Several frames at any usual rate. */
const flowCheckMs = 500;

const taps = new WeakMap<RTCRtpSender, SenderTap>();

/** The tap of a sender and the publishers that write into its frames. */
export class SenderTap implements FrameTapOwner<WriterMessage> {
  readonly #sender: RTCRtpSender;
  readonly #publishers = new Map<number, TapPublisher>();
  readonly #tap: FrameTap<WriterMessage>;
  #nextPublisher = 1;
  /** Whether it has been told, or is being found out, that frames leave past the transform. */
  #isChecked = false;

  /** The sender's tap; a second carrier of one sender shares it, and with it the worker. */
  static of(sender: RTCRtpSender, worker?: Worker): SenderTap {
    const tap = taps.get(sender) ?? new SenderTap(sender, worker);
    taps.set(sender, tap);
    return tap;
  }

  constructor(sender: RTCRtpSender, worker?: Worker) {
    this.#sender = sender;
    this.#tap = new FrameTap(sender, "carrier", this, worker);
  }

  join(events: CarrierEvents, limits: CarrierLimits): OpenCarrier {
    const publisher = this.#nextPublisher++;
    const unreported = new UnreportedMessages();
    this.#publishers.set(publisher, { events, limits, unreported });
    this.#post({ kind: "open", publisher, limits });
    const { error } = this.#tap;
    if (error) queueMicrotask(() => events.failed(error));
    let isOpen = true;
    return {
      offer: (message) => {
        if (!isOpen) return;
        if (this.#tap.error === undefined) {
          this.#post({ kind: "offer", publisher, message: unreported.add(message) });
        } else if (message.standing === undefined) {
          const reports = [{ messageId: message.id, outcome: "dropped", streams: [] }] as const;
          queueMicrotask(() => events.sent(reports));
        }
      },
      withdraw: (messageId) => {
        unreported.withdraw(messageId);
        this.#post({ kind: "withdraw", publisher, messageId });
      },
      [Symbol.dispose]: () => {
        if (isOpen) this.#post({ kind: "close", publisher });
        isOpen = false;
      },
    };
  }

  message(message: WriterMessage): void {
    const publisher = this.#publishers.get(message.publisher);
    if (!publisher) return;
    const { events, unreported } = publisher;
    switch (message.kind) {
      case "sent":
        unreported.reported(message.reports);
        events.sent(message.reports);
        break;
      case "stalled":
        events.stalled();
        void this.#checkFlow();
        break;
      case "failed":
        // A worker that can say so has seen a frame.
        this.#isChecked = true;
        events.failed(
          message.code === "no-h264"
            ? new NoH264Error("other-codec", [message.reason.replace(/^video\//i, "")])
            : new BrowserCarrierError("broken", `Writing into the frames failed: ${message.reason}`),
        );
        break;
      case "closed":
        unreported.close();
        this.#publishers.delete(message.publisher);
    }
  }

  failed(error: Error, isReplaced: boolean): void {
    if (isReplaced) this.#reopen();
    for (const { events } of this.#publishers.values()) events.failed(error);
    if (isReplaced) return;
    for (const { events, unreported } of this.#publishers.values()) {
      const ids = unreported.close();
      if (ids.length > 0) events.sent(ids.map((messageId) => ({ messageId, outcome: "dropped", streams: [] })));
    }
  }

  failure(code: TapFailure, reason?: string, isReplaced?: boolean): BrowserCarrierError {
    if (code === "worker-failed") {
      const advice = isReplaced
        ? "One of inband's own has replaced it."
        : "The video leaves without messages. Where a Content-Security-Policy forbids workers from Blobs, pass the option worker.";
      const text = `The worker that writes into the frames cannot be started or has ended: ${reason}. ${advice}`;
      return new BrowserCarrierError(code, text);
    }
    const text =
      code === "unsupported"
        ? "This browser gives no access to encoded frames: it has neither RTCRtpScriptTransform nor createEncodedStreams."
        : "The sender has a transform already, and can have only one: call insertInto in it.";
    return new BrowserCarrierError(code, text);
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
    const text =
      "The video is sent, and no frame of it comes through the transform: call browserCarrier(sender) before the connection is negotiated, and set no other transform.";
    const error = new BrowserCarrierError("transform-too-late", text);
    for (const { events } of this.#publishers.values()) events.failed(error);
  }

  /** Tells a worker that has replaced another what that one knew. */
  #reopen(): void {
    for (const [publisher, { limits, unreported }] of this.#publishers) {
      this.#post({ kind: "open", publisher, limits });
      for (const message of unreported.all()) this.#post({ kind: "offer", publisher, message });
    }
  }

  #post(message: CarrierMessage): void {
    this.#tap.post(message);
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
