/// <reference lib="esnext.disposable" preserve="true" />
import type { Message } from "./message.ts";

/** The most that one access unit and one second carry on each encoded stream; bytes are those of whole SEI NAL units, escaped. */
export interface CarrierLimits {
  readonly bytesPerAccessUnit: number;
  readonly bytesPerSecond: number;
}

/** What the carriers of inband allow: 4 KiB on an access unit (a few packets beside the picture) and 64 KiB in a second. */
export const defaultCarrierLimits: CarrierLimits = { bytesPerAccessUnit: 4096, bytesPerSecond: 65_536 };

/** What became of a message on one encoded stream of a carrier. */
export interface StreamReport {
  /** Names the encoded stream: an SSRC or a simulcast layer. */
  readonly stream: string;
  /** How many access units carried the whole message. */
  readonly copies: number;
  /** Bytes of the SEI messages that carried it, all copies together. */
  readonly bytes: number;
  /** RTP timestamps of the access units that carried it, in the order of sending. */
  readonly rtpTimestamps: readonly number[];
  /**
   * Set where whole copies have left and no receiver has been heard since: there may have been none. Only carriers that
   * hear their receivers tell it.
   */
  readonly isUnheard?: true;
}

/** Says that a carrier has finished with a message, once for each message that it was offered. */
export interface SentReport {
  readonly messageId: string;
  /**
   * `sent`: at least one whole copy left on every stream that flowed, and where the carrier hears its receivers, one was
   * heard since; otherwise the reason why not. What is given up before a receiver could be heard is `sent` with
   * `isUnheard`.
   */
  readonly outcome: "sent" | "expired" | "dropped" | "cancelled";
  readonly streams: readonly StreamReport[];
}

/** What a carrier tells the publisher that opened it. */
export interface CarrierEvents {
  /**
   * The carrier has finished with these messages. What came of an access unit is told once that has left, all of it
   * together; what came of `withdraw` and of disposal, before they return.
   */
  sent(reports: readonly SentReport[]): void;
  /** A receiver needs a key frame, or a new one has connected. */
  keyFrameRequest(): void;
  /** The estimate of what the link carries. */
  bitrate(bitsPerSecond: number): void;
  /** Messages are waiting, and no access unit has come for a second. */
  stalled(): void;
  /** The carrier failed. Media goes on without messages. */
  failed(error: Error): void;
}

/**
 * Takes messages somewhere: the seam to write a transport of your own against. It needs no knowledge of H.264, and
 * where whole access units are at hand, `AccessUnitCarrier` is one already.
 */
export interface SeiCarrier {
  readonly name: string;
  readonly limits: CarrierLimits;
  /**
   * Called once for each publisher that attaches the carrier. `limits` apply to this publisher: of the carrier's limits
   * and the profile's, the lower ones.
   */
  open(events: CarrierEvents, limits: CarrierLimits): OpenCarrier;
}

/** A carrier as one publisher holds it. Disposing of it withdraws everything but the last heartbeat, which may still leave. */
export interface OpenCarrier extends Disposable {
  offer(message: Message): void;
  /** Gives up the copies that have not left. Reported as `cancelled` where none has. */
  withdraw(messageId: string): void;
}
