import { CarrierPublishers, defaultCarrierLimits, type OpenCarrier } from "@inband/stream";
import type { CarrierMessage, WriterMessage } from "../carrier-protocol.ts";
import { insertInto } from "../insert-into.ts";
import { isH264 } from "../is-h264.ts";
import type { FrameHandler, Post } from "./frame-server.ts";

/**
 * Puts the messages of all publishers of one sender into its frames, in the worker, so that no frame ever waits for the
 * page. Every frame goes on at once, and as it was when anything fails.
 */
export class FrameWriter implements FrameHandler<CarrierMessage> {
  readonly #post: Post<WriterMessage>;
  readonly #publishers = new CarrierPublishers(defaultCarrierLimits);
  readonly #opened = new Map<number, OpenCarrier>();
  /** The MIME type that the frames have instead of H.264. */
  #otherCodec: string | undefined;

  constructor(post: Post<WriterMessage>) {
    this.#post = post;
  }

  message(message: CarrierMessage | { readonly kind: "end" }): void {
    if (message.kind === "end") {
      this.#publishers.close();
      this.#opened.clear();
      return;
    }
    const { publisher } = message;
    switch (message.kind) {
      case "open":
        this.#open(publisher, message.limits);
        break;
      case "offer":
        this.#offer(publisher, message.message);
        break;
      case "withdraw":
        this.#opened.get(publisher)?.withdraw(message.messageId);
        break;
      case "close":
        this.#opened.get(publisher)?.[Symbol.dispose]();
        this.#opened.delete(publisher);
        this.#post({ kind: "closed", publisher });
    }
  }

  pass(frame: RTCEncodedVideoFrame, controller: TransformStreamDefaultController<RTCEncodedVideoFrame>): void {
    if (frame.type === "key") this.#checkCodec(frame);
    const insertion = insertInto(frame, this.#publishers);
    try {
      controller.enqueue(frame);
    } catch {
      insertion.rollback();
      return;
    }
    insertion.commit();
    if (insertion.error !== undefined) this.#publishers.failed(insertion.error);
  }

  #open(publisher: number, limits: (CarrierMessage & { kind: "open" })["limits"]): void {
    let isBroken = false;
    const opened = this.#publishers.open(
      {
        sent: (reports) => this.#post({ kind: "sent", publisher, reports }),
        stalled: () => this.#post({ kind: "stalled", publisher }),
        failed: (error) => {
          if (!isBroken) this.#tell(publisher, "broken", String(error));
          isBroken = true;
        },
        keyFrameRequest() {},
        bitrate() {},
      },
      limits,
    );
    this.#opened.set(publisher, opened);
    if (this.#otherCodec !== undefined) this.#tell(publisher, "no-h264", this.#otherCodec);
  }

  #offer(publisher: number, message: (CarrierMessage & { kind: "offer" })["message"]): void {
    try {
      this.#opened.get(publisher)?.offer(message);
    } catch (error) {
      this.#tell(publisher, "broken", String(error));
      const reports = [{ messageId: message.id, outcome: "dropped", streams: [] }] as const;
      this.#post({ kind: "sent", publisher, reports });
    }
  }

  /** A codec changes at a key frame at the earliest. */
  #checkCodec(frame: RTCEncodedVideoFrame): void {
    try {
      const metadata = frame.getMetadata();
      const otherCodec = isH264(metadata) ? undefined : metadata.mimeType;
      if (otherCodec !== undefined && this.#otherCodec === undefined) {
        for (const publisher of this.#opened.keys()) this.#tell(publisher, "no-h264", otherCodec);
      }
      this.#otherCodec = otherCodec;
    } catch {
      // Told when the frame is to be written into.
    }
  }

  #tell(publisher: number, code: "no-h264" | "broken", reason: string): void {
    this.#post({ kind: "failed", publisher, code, reason });
  }
}
