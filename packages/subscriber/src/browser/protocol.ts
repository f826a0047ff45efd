import type { UserData, UserDataPlace } from "../feed.ts";

/** What the page tells the worker. */
export type PageMessage =
  /** Asks whether the worker runs. */
  | { readonly kind: "feed-hello" }
  /** Deliver what the feed's frames carry; until then they only pass. */
  | { readonly kind: "feed-open"; readonly feed: number }
  /** From now on the feed's frames only pass. The transform stays: taking it away would stop the video. */
  | { readonly kind: "feed-close"; readonly feed: number }
  /** The receiver is gone: forget the feed. */
  | { readonly kind: "feed-end"; readonly feed: number }
  /** The two streams of `createEncodedStreams`, both transferred, where there is no RTCRtpScriptTransform. */
  | {
      readonly kind: "feed-streams";
      readonly feed: number;
      readonly readable: ReadableStream;
      readonly writable: WritableStream;
    };

/** What the worker tells the page. */
export type WorkerMessage =
  /** Answers `feed-hello`. */
  | { readonly kind: "feed-ready" }
  | FeedBatch
  /** The worker stands in for another, and no frame has come for a second. */
  | { readonly kind: "feed-starved"; readonly feed: number; readonly attempts: number }
  | {
      readonly kind: "feed-failed";
      readonly feed: number;
      readonly code: "no-h264" | "broken";
      readonly reason: string;
    };

/** What came since the last batch: sent at once when a frame carries user data or broken SEI, else every half second of frames. */
export interface FeedBatch {
  readonly kind: "feed-batch";
  readonly feed: number;
  /** How many access units came by, those with user data among them. */
  readonly accessUnits: number;
  /** The user data of the last frame. The bytes are copies. */
  readonly found: readonly UserData[];
  /** SEI messages of the last frame that could not be read. */
  readonly broken: number;
  /** The last frame, where it had SEI; `stream` is the SSRC, in decimal. */
  readonly place: UserDataPlace;
}

/** The `options` of the RTCRtpScriptTransform: which feed the frames belong to. */
export interface FeedTransformOptions {
  readonly kind: "feed";
  readonly feed: number;
  /** 0 for the first worker of a feed. For one that stands in for a dead worker, the seconds for which it tells when no frame comes. */
  readonly attempts: number;
}
