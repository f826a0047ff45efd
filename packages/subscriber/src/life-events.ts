import type { EndedReason, StalledReason } from "@inband/stream";
import type { Attachment } from "./attachment.ts";

/** A feed that was active has fallen silent; it may resume. */
export interface Stalled {
  /** Name of the feed. */
  readonly feed: string;
  readonly attachment: Attachment;
  readonly reason: StalledReason;
}

/** A source has left. */
export interface Ended {
  /** Name of the feed. */
  readonly feed: string;
  readonly attachment: Attachment;
  /** The publisher that left; undefined if the whole feed has ended. */
  readonly source: number | undefined;
  readonly reason: EndedReason;
}

/** A feed or source that had stalled or ended is back. */
export interface Resumed {
  /** Name of the feed. */
  readonly feed: string;
  readonly attachment: Attachment;
  /** The publisher that replaces one that had left; undefined if the access units of the feed are back. */
  readonly source: number | undefined;
}
