import type { SentReport, StreamReport } from "@inband/stream";

/** What one encoded stream of one carrier did with a message. */
export interface StreamReceipt extends StreamReport {
  /** Name of the carrier. */
  readonly carrier: string;
}

/**
 * What became of a message. `sent` says that it left, not that it arrived: video has no way back. Where a carrier hears its
 * receivers, as `WeriftVideo` does, it says besides that one of them was there: it has been heard since a whole copy left.
 * What has left while none was there leaves again when one is, and is `expired` where its time is over before.
 */
export interface Receipt {
  readonly id: string;
  /**
   * `sent` when at least one carrier sent it whole on every stream that flowed; otherwise the reason why not. A message that
   * is cancelled, or whose carrier is closed, after its last copy and before a receiver could be heard is `sent` with
   * `isUnheard` in its streams.
   */
  readonly outcome: SentReport["outcome"];
  /** Every stream of every carrier that carried the message or gave it up. */
  readonly streams: readonly StreamReceipt[];
}

/** A message that was taken. */
export interface Publication {
  /** UUIDv7 of the message, the same on every copy. */
  readonly id: string;
  /**
   * Settles when every attached carrier has sent its copies, and heard a receiver since where it can, or given up. Never
   * rejects.
   */
  readonly sent: Promise<Receipt>;
  /** Gives up the copies that have not left; without effect after the last. */
  cancel(): void;
}
