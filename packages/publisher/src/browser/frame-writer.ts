import { type CarrierLimits, defaultCarrierLimits } from "../carrier.ts";
import { Outboxes } from "../outboxes.ts";
import type { Part } from "../part.ts";
import { StreamBudgets } from "../stream-budget.ts";
import { insertInto, isH264 } from "./insert-into.ts";
import type { WorkerMessage } from "./protocol.ts";

/** Publishers that have left and whose last heartbeat is still to leave; more than leave within a second. */
const maxLeaving = 16;

/**
 * Puts the messages of all publishers of one sender into its frames, in the worker, where the outboxes are: no frame
 * ever waits for the page. Every frame goes on at once, and as it was when anything fails. Nothing here throws or waits:
 * a transform that does either freezes the video.
 */
export class FrameWriter {
  readonly #carrier: number;
  readonly #post: (message: WorkerMessage) => void;
  readonly #publishers = new Map<number, Outboxes>();
  /** Of publishers that have left: their last heartbeat is still to leave. */
  #leaving: Outboxes[] = [];
  readonly #budgets = new StreamBudgets(defaultCarrierLimits);
  /** The MIME type that the frames have instead of H.264. */
  #otherCodec: string | undefined;
  #isBroken = false;
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
    const outboxes = new Outboxes({
      limits,
      budgets: this.#budgets,
      events: {
        sent: (report) => this.#post({ kind: "carrier-sent", ...place, report }),
        stalled: () => this.#post({ kind: "carrier-stalled", ...place }),
      },
    });
    this.#publishers.set(publisher, outboxes);
    if (this.#otherCodec !== undefined) this.#tell(publisher, "no-h264", this.#otherCodec);
  }

  offer(publisher: number, parts: readonly Part[]): void {
    try {
      this.#publishers.get(publisher)?.offer(parts);
    } catch (error) {
      const messageId = parts[0]?.messageId ?? "";
      this.#tell(publisher, "broken", String(error));
      const report = { messageId, outcome: "dropped", streams: [] } as const;
      this.#post({ kind: "carrier-sent", carrier: this.#carrier, publisher, report });
    }
  }

  withdraw(publisher: number, messageId: string): void {
    this.#publishers.get(publisher)?.withdraw(messageId);
  }

  close(publisher: number): void {
    const outboxes = this.#publishers.get(publisher);
    if (outboxes !== undefined) {
      outboxes.close();
      this.#leaving = [...this.#leaving.slice(1 - maxLeaving), outboxes];
    }
    this.#publishers.delete(publisher);
    this.#post({ kind: "carrier-closed", carrier: this.#carrier, publisher });
  }

  /** The sender is gone. */
  end(): void {
    for (const outboxes of this.#publishers.values()) outboxes.close();
    this.#publishers.clear();
    this.#leaving = [];
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
    const insertion = insertInto(frame, this.#outboxes());
    try {
      controller.enqueue(frame);
    } catch {
      insertion.rollback();
      return;
    }
    try {
      insertion.commit();
      if (insertion.error !== undefined) throw insertion.error;
    } catch (error) {
      if (!this.#isBroken) this.#tellAll("broken", String(error));
      this.#isBroken = true;
    }
  }

  #outboxes(): Iterable<Outboxes> {
    if (this.#leaving.length === 0) return this.#publishers.values();
    this.#leaving = this.#leaving.filter((outboxes) => !outboxes.hasEnded);
    return [...this.#publishers.values(), ...this.#leaving];
  }

  /** A codec changes at a key frame at the earliest. */
  #checkCodec(frame: RTCEncodedVideoFrame): void {
    try {
      const metadata = frame.getMetadata();
      const otherCodec = isH264(metadata) ? undefined : metadata.mimeType;
      if (otherCodec !== undefined && this.#otherCodec === undefined) this.#tellAll("no-h264", otherCodec);
      this.#otherCodec = otherCodec;
    } catch {
      // Told when the frame is to be written into.
    }
  }

  #tellAll(code: "no-h264" | "broken", reason: string): void {
    for (const publisher of this.#publishers.keys()) this.#tell(publisher, code, reason);
  }

  #tell(publisher: number, code: "no-h264" | "broken", reason: string): void {
    this.#post({ kind: "carrier-failed", carrier: this.#carrier, publisher, code, reason });
  }
}
