import type { UserData, UserDataPlace } from "@inband/stream";

/** What the page tells the worker of the frames that a feed reads. */
export type FeedMessage =
  /** Tell what the frames carry; until then they only pass. */
  | { readonly kind: "open" }
  /** From now on the frames only pass. The transform stays: removing it would stop the video. */
  | { readonly kind: "close" };

/** What the worker tells of them. */
export type ReaderMessage =
  | FeedBatch
  | { readonly kind: "failed"; readonly code: "no-h264" | "broken"; readonly reason: string };

/** What came since the last batch: sent at once when a frame carries user data or broken SEI, else every half second of frames. */
export interface FeedBatch {
  readonly kind: "batch";
  /** How many access units came by, those with user data among them. */
  readonly accessUnits: number;
  /** The user data of the last frame. The bytes are copies. */
  readonly found: readonly UserData[];
  /** SEI messages of the last frame that could not be read. */
  readonly broken: number;
  /** The last frame, where it had SEI; `stream` is the SSRC, in decimal. */
  readonly place: UserDataPlace;
}
