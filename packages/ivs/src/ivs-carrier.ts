import {
  type CarrierLimits,
  checkLimits,
  checkOptions,
  type Message,
  NoH264Error,
  type SeiCarrier,
} from "@inband/stream";
import { ivs } from "@inband/wire";
import { FrameWatch } from "./frame-watch.ts";
import { InsertionQueue, type SharedStream } from "./insertion-queue.ts";
import { IvsCarrierError } from "./ivs-carrier-error.ts";
import { checkStream, type IvsLocalStream } from "./local-stream.ts";
import { StreamInserter } from "./stream-inserter.ts";

const { uuid: ivsUuid, maxMessageBytes } = ivs();

/**
 * What the SDK takes in a second, all copies counted, and, since it puts everything that waits on one frame, what other
 * carriers put on one. Bytes are those of payloads, as the SDK counts them.
 */
export const ivsCarrierLimits: CarrierLimits = { bytesPerAccessUnit: 4096, bytesPerSecond: 10_240 };

/** Settings of an `ivsCarrier`. */
export interface IvsCarrierOptions {
  /**
   * Names the carrier in receipts.
   *
   * @defaultValue "ivs"
   */
  readonly name?: string;
  /**
   * At most those of the SDK, which would refuse more. What the application inserts by itself counts too.
   *
   * @defaultValue `ivsCarrierLimits`
   */
  readonly limits?: CarrierLimits;
}

const optionNames: ReadonlySet<string> = new Set(["name", "limits"] satisfies (keyof IvsCarrierOptions)[]);

/**
 * Sends the messages by `insertSeiMessage` of a `LocalStageStream` of the Amazon IVS Web Broadcast SDK, for a publisher with
 * the profile `ivs()` or `ivs({ envelope: true })`.
 *
 * A message is handed to the SDK when it will leave: while a stage publishes the stream, frames of H.264 flow, and the bytes
 * of the second have room. Until then it waits, and expires; `stalled` says that no frames flow. The SDK itself would refuse
 * a message with a warning, or keep it and send all that is stale when frames flow again. Of its copies, which ride on
 * consecutive frames, a message gets those that make no other one wait. There are none on key frames, which the SDK tells
 * nothing of beforehand. Retained messages are sent again after each key frame, so within some 1 s of a subscription.
 *
 * The SDK does not tell which frames carried a message. In a receipt `sent` says that as many frames as the message has copies
 * left after it had been handed over, by the statistics of the browser; `streams` are the encoded streams of which that is
 * known, by SSRC: under simulcast the layers that are sent. `rtpTimestamps` is empty. What was handed over cannot be
 * cancelled any more. A layer that is paused gets its messages when it is sent again, and what was handed over before its
 * first frame never: that is the SDK's way.
 *
 * A muted stream goes on with black frames and carries messages. Where the strategy replaces the stream by another, messages
 * wait until they expire, and an IvsCarrierError `not-sent` says so: attach a carrier for the new one. On a track that has
 * ended they are `dropped`, with an IvsCarrierError `track-ended`.
 *
 * @throws TypeError when `stream` is not a LocalStageStream of a video track with `inBandMessaging` enabled; RangeError for
 * limits out of range.
 *
 * @example
 * ```ts
 * const stream = new LocalStageStream(cameraTrack, { inBandMessaging: { enabled: true } });
 * const publisher = new SeiPublisher({ profile: ivs() });
 * publisher.attach(ivsCarrier(stream));
 * ```
 */
export function ivsCarrier(stream: IvsLocalStream, options: IvsCarrierOptions = {}): SeiCarrier {
  checkStream(stream);
  checkOptions(options, optionNames);
  const { name = "ivs", limits = ivsCarrierLimits } = options;
  checkLimits(limits);
  if (limits.bytesPerSecond > ivsCarrierLimits.bytesPerSecond) {
    throw new RangeError(
      `limits.bytesPerSecond: the SDK takes ${ivsCarrierLimits.bytesPerSecond}, got ${limits.bytesPerSecond}`,
    );
  }
  const sending = new StageSending(stream);
  return { name, limits, open: (events, own = limits) => sending.open(events, own) };
}

/** A stage stream, for all publishers that the carrier is attached to. */
class StageSending implements SharedStream {
  readonly #stream: IvsLocalStream;
  readonly #inserter: StreamInserter;
  readonly #watch: FrameWatch;
  readonly #queues = new Set<InsertionQueue>();

  constructor(stream: IvsLocalStream) {
    this.#stream = stream;
    this.#inserter = new StreamInserter(stream, (error) => this.#failed(error, "refused"));
    this.#watch = new FrameWatch(stream, {
      seen: (video, askedAtMs) => {
        this.#inserter.frameMs = this.#watch.frameMs;
        const { otherCodec } = this.#watch;
        if (otherCodec !== undefined) this.#failed(new NoH264Error("other-codec", [otherCodec]), "no-h264");
        for (const queue of this.#queues) {
          if (this.#hasEnded) queue.refuseAll();
          queue.seen(video, askedAtMs);
        }
        this.#rest();
      },
      unsent: (cause) => {
        const sentence =
          "The stage sends another track than that of this LocalStageStream: attach a carrier for its successor";
        this.#failed(new IvsCarrierError("not-sent", sentence, undefined, { cause }), "not-sent");
      },
    });
  }

  get isFlowing(): boolean {
    return this.#watch.isFlowing && this.#watch.otherCodec === undefined && this.#inserter.isPublished;
  }

  get frameMs(): number {
    return this.#watch.frameMs;
  }

  get #hasEnded(): boolean {
    return this.#stream.mediaStreamTrack.readyState === "ended";
  }

  room(limits: CarrierLimits): { readonly ofSecond: number; readonly ofNextFrame: number } {
    return this.#inserter.room(limits);
  }

  insert(payload: Uint8Array, copies: number): boolean {
    return this.#inserter.insert(payload, copies);
  }

  refusal({ id, uuid, payloads, standing }: Message): IvsCarrierError | undefined {
    if (this.#hasEnded) return new IvsCarrierError("track-ended", "The track of the LocalStageStream has ended");
    if (uuid.some((byte, index) => byte !== ivsUuid[index])) {
      return new IvsCarrierError(
        "other-uuid",
        "The Amazon IVS SDK writes messages under its own UUID alone: give the publisher the profile ivs()",
      );
    }
    const wrong = payloads.find(({ bytes }) => bytes.length === 0 || bytes.length > maxMessageBytes);
    if (wrong === undefined) return undefined;
    return new IvsCarrierError(
      "payload-size",
      `The payload has ${wrong.bytes.length} bytes; the Amazon IVS SDK takes 1 to ${maxMessageBytes}`,
      standing === undefined ? id : undefined,
    );
  }

  open: SeiCarrier["open"] = (events, limits) => {
    const queue = new InsertionQueue(this, events, limits);
    this.#queues.add(queue);
    this.#watch.start();
    return {
      offer: (message) => {
        queue.offer(message);
        this.#rest();
      },
      withdraw: (messageId) => queue.withdraw(messageId),
      [Symbol.dispose]: () => {
        queue.close();
        if (!this.#queues.delete(queue) || this.#queues.size > 0) return;
        this.#watch.stop();
        this.#inserter.close();
      },
    };
  };

  #rest(): void {
    this.#watch.isBusy = [...this.#queues].some(({ isBusy }) => isBusy);
  }

  #failed(error: Error, code: string): void {
    for (const queue of this.#queues) queue.failed(error, code);
  }
}
