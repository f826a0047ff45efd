import type { Receipt } from "./receipt.ts";

/**
 * What a publisher tells its listeners; each gets one argument. They are called when the work at hand is done, never
 * inside the `write` of a carrier.
 */
export type PublisherEvents = {
  /** A message was sent or given up. */
  settled: Receipt;
  /** A receiver needs a key frame, or a new one has connected. */
  keyFrameRequest: { readonly carrier: string };
  /** An estimate of what the link carries. */
  bitrate: { readonly carrier: string; readonly bitsPerSecond: number };
  /** Messages wait, and no access unit has come for a second. */
  stalled: { readonly carrier: string };
  /** A carrier or a listener failed. Everything goes on. Never thrown when there is no listener: see `logger`. */
  error: Error;
};

/** The names of all events. */
export const eventNames: readonly (keyof PublisherEvents)[] = [
  "settled",
  "keyFrameRequest",
  "bitrate",
  "stalled",
  "error",
];

/** Figures of a publisher since it was made. */
export interface PublisherStats {
  /** Messages that `publish` took. */
  readonly published: number;
  /** Messages by their outcome. */
  readonly sent: number;
  readonly expired: number;
  readonly dropped: number;
  readonly cancelled: number;
  /** Messages that wait, and their bytes before copies. */
  readonly queuedMessages: number;
  readonly queuedBytes: number;
  /** Topics whose newest value is retained. */
  readonly retainedTopics: number;
  /** Copies and their bytes that all streams together sent before the messages were settled. */
  readonly copies: number;
  readonly bytes: number;
}
