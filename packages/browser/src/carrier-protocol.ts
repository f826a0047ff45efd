import type { CarrierLimits, Message, SentReport } from "@inband/stream";

/** What the page tells the worker of the frames that a carrier writes into. `publisher` is one that opened the carrier. */
export type CarrierMessage = { readonly publisher: number } & (
  | { readonly kind: "open"; readonly limits: CarrierLimits }
  | { readonly kind: "offer"; readonly message: Message }
  | { readonly kind: "withdraw"; readonly messageId: string }
  /** The frames go on. The worker reports what was waiting, then answers `closed`. */
  | { readonly kind: "close" }
);

/** What the worker tells one publisher. */
export type WriterMessage = { readonly publisher: number } & (
  | { readonly kind: "sent"; readonly reports: readonly SentReport[] }
  | { readonly kind: "stalled" }
  | {
      readonly kind: "failed";
      readonly code: "no-h264" | "broken";
      /** The MIME type that came instead of H.264, or the text of the error. */
      readonly reason: string;
    }
  | { readonly kind: "closed" }
);
