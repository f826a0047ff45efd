import type { CarrierLimits, SentReport } from "../stream/carrier.ts";
import type { Message } from "../stream/message.ts";

/** What the page tells the worker. `carrier` names a sender, `publisher` one of those that opened its carrier. */
export type PageMessage =
  /** Asks whether the worker runs. */
  | { readonly kind: "carrier-hello" }
  | {
      readonly kind: "carrier-open";
      readonly carrier: number;
      readonly publisher: number;
      readonly limits: CarrierLimits;
    }
  | {
      readonly kind: "carrier-offer";
      readonly carrier: number;
      readonly publisher: number;
      readonly message: Message;
    }
  | {
      readonly kind: "carrier-withdraw";
      readonly carrier: number;
      readonly publisher: number;
      readonly messageId: string;
    }
  /** The frames go on. The worker reports what was waiting, then answers `carrier-closed`. */
  | { readonly kind: "carrier-close"; readonly carrier: number; readonly publisher: number }
  /** The sender is gone: forget the carrier. */
  | { readonly kind: "carrier-end"; readonly carrier: number }
  /** The two streams of `createEncodedStreams`, both transferred, where there is no RTCRtpScriptTransform. */
  | {
      readonly kind: "carrier-streams";
      readonly carrier: number;
      readonly readable: ReadableStream;
      readonly writable: WritableStream;
    };

/** What the worker tells the page. */
export type WorkerMessage =
  /** Answers `carrier-hello`. */
  | { readonly kind: "carrier-ready" }
  /** The worker has replaced another, and no frame has come for a second. */
  | { readonly kind: "carrier-starved"; readonly carrier: number; readonly attempts: number }
  | PublisherMessage;

/** What the worker tells one publisher. */
export type PublisherMessage =
  | {
      readonly kind: "carrier-sent";
      readonly carrier: number;
      readonly publisher: number;
      readonly reports: readonly SentReport[];
    }
  | { readonly kind: "carrier-stalled"; readonly carrier: number; readonly publisher: number }
  | {
      readonly kind: "carrier-failed";
      readonly carrier: number;
      readonly publisher: number;
      readonly code: "no-h264" | "broken";
      /** The MIME type that came instead of H.264, or the words of the error. */
      readonly reason: string;
    }
  | { readonly kind: "carrier-closed"; readonly carrier: number; readonly publisher: number };

/** The `options` of the RTCRtpScriptTransform: which sender the frames belong to. */
export interface CarrierTransformOptions {
  readonly kind: "carrier";
  readonly carrier: number;
  /** 0 for the first worker of a sender. For one that has replaced a dead worker, the seconds for which it tells when no frame comes. */
  readonly attempts: number;
}
