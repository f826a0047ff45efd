import { type CarrierLimits, defaultCarrierLimits, type OpenCarrier } from "../stream/carrier.ts";
import { CarrierPublishers } from "../stream/carrier-publishers.ts";
import type { Message } from "../stream/message.ts";
import { insertInto, isH264 } from "./insert-into.ts";
import type { WorkerMessage } from "./protocol.ts";

/**
 * Puts the messages of all publishers of one sender into its frames, in the worker, so that no frame ever waits for the
 * page. Every frame goes on at once, and as it was when anything fails. Nothing here throws or waits: a transform that
 * does either freezes the video.
 */
export class FrameWriter {
  readonly #carrier: number;
  readonly #post: (message: WorkerMessage) => void;
  readonly #publishers = new CarrierPublishers(defaultCarrierLimits);
  readonly #opened = new Map<number, OpenCarrier>();
  /** The MIME type that the frames have instead of H.264. */
  #otherCodec: string | undefined;
  #passedFrames = 0;

  constructor(carrier: number, post: (message: WorkerMessage) => void) {
    this.#carrier = carrier;
    this.#post = post;
  }

  get passedFrames(): number {
    return this.#passedFrames;
  }

  open(publisher: number, limits: CarrierLimits): void {
    const place = { carrier: this.#carrier, publisher };
    let isBroken = false;
    const opened = this.#publishers.open(
      {
        sent: (reports) => this.#post({ kind: "carrier-sent", ...place, reports }),
        stalled: () => this.#post({ kind: "carrier-stalled", ...place }),
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

  offer(publisher: number, message: Message): void {
    try {
      this.#opened.get(publisher)?.offer(message);
    } catch (error) {
      this.#tell(publisher, "broken", String(error));
      const reports = [{ messageId: message.id, outcome: "dropped", streams: [] }] as const;
      this.#post({ kind: "carrier-sent", carrier: this.#carrier, publisher, reports });
    }
  }

  withdraw(publisher: number, messageId: string): void {
    this.#opened.get(publisher)?.withdraw(messageId);
  }

  close(publisher: number): void {
    this.#opened.get(publisher)?.[Symbol.dispose]();
    this.#opened.delete(publisher);
    this.#post({ kind: "carrier-closed", carrier: this.#carrier, publisher });
  }

  /** The sender is gone. */
  end(): void {
    this.#publishers.close();
    this.#opened.clear();
  }

  /** Pipes the frames through, for as long as the sender lives. */
  connect(readable: ReadableStream, writable: WritableStream): void {
    const transform = new TransformStream<RTCEncodedVideoFrame, RTCEncodedVideoFrame>({
      transform: (frame, controller) => this.#pass(frame, controller),
    });
    // Rejects when the connection closes while a frame is on its way.
    readable
      .pipeThrough(transform)
      .pipeTo(writable)
      .catch(() => undefined);
  }

  #pass(frame: RTCEncodedVideoFrame, controller: TransformStreamDefaultController<RTCEncodedVideoFrame>): void {
    this.#passedFrames++;
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
    this.#post({ kind: "carrier-failed", carrier: this.#carrier, publisher, code, reason });
  }
}
