import type { UserData, UserDataPlace } from "../feed.ts";

/** Messages from the page to the worker. */
export type PageMessage =
  /** Asks whether the worker runs. */
  | { readonly kind: "feed-hello" }
  /** Report the user data in the frames of the feed; until then they only pass. */
  | { readonly kind: "feed-open"; readonly feed: number }
  /** From now on the frames of the feed only pass. The transform stays: removing it would stop the video. */
  | { readonly kind: "feed-close"; readonly feed: number }
  /** The receiver is gone: forget the feed. */
  | { readonly kind: "feed-end"; readonly feed: number }
  /** The two streams of `createEncodedStreams`, both transferred, if there is no RTCRtpScriptTransform. */
  | {
      readonly kind: "feed-streams";
      readonly feed: number;
      readonly readable: ReadableStream;
      readonly writable: WritableStream;
    };

/** Messages from the worker to the page. */
export type WorkerMessage =
  /** Answers `feed-hello`. */
  | { readonly kind: "feed-ready" }
  | FeedBatch
  /** The worker replaces another one, and no frame has arrived for a second. */
  | { readonly kind: "feed-starved"; readonly feed: number; readonly attempts: number }
  | {
      readonly kind: "feed-failed";
      readonly feed: number;
      readonly code: "no-h264" | "broken";
      readonly reason: string;
    };

/** What arrived since the last batch: sent at once if a frame carries user data or broken SEI, else every half second. */
export interface FeedBatch {
  readonly kind: "feed-batch";
  readonly feed: number;
  /** The number of access units, those with user data included. */
  readonly accessUnits: number;
  /** The user data of the last frame. The bytes are copies. */
  readonly found: readonly UserData[];
  /** SEI messages of the last frame that could not be read. */
  readonly broken: number;
  /** The last frame, if it had SEI; `stream` is the SSRC in decimal. */
  readonly place: UserDataPlace;
}

/** The `options` of the RTCRtpScriptTransform: which feed the frames belong to. */
export interface FeedTransformOptions {
  readonly kind: "feed";
  readonly feed: number;
  /** 0 for the first worker of a feed. For one that replaces a dead worker, the seconds for which it reports missing frames. */
  readonly attempts: number;
}
