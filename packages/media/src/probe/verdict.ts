import type { SentMessage } from "./probed-picture.ts";

/**
 * What became of the bytes of a message.
 *
 * - `kept`: they came as they were.
 * - `truncated`: the beginning of them came.
 * - `changed`: others came under its number.
 * - `stripped`: nothing came.
 */
export type MessageOutcome = "kept" | "truncated" | "changed" | "stripped";

/** What became of one message. */
export interface MessageVerdict {
  readonly message: SentMessage;
  /** Index of the picture it was sent with. */
  readonly picture: number;
  /** Whether that is a key frame. */
  readonly isKeyFrame: boolean;
  /** Whether that picture came; also where pictures were encoded again, as it cannot be told then. */
  readonly hasPicture: boolean;
  readonly outcome: MessageOutcome;
  /** How often it came: 0 where it was stripped, more than 1 where it was doubled. */
  readonly times: number;
  /** Bytes of UUID and payload that came; undefined where it was stripped. */
  readonly bytes?: number;
  /** Whether it came in one NAL unit with messages that were sent in others. Harms readers of only the first message. */
  readonly isMerged: boolean;
  /** Whether it came behind a message of a higher number. */
  readonly isReordered: boolean;
  /** Whether it came with another picture than it was sent with. */
  readonly isMoved: boolean;
}

/** How many messages came to what; those that came can be several of merged, moved, doubled and reordered. */
export interface VerdictCounts {
  readonly sent: number;
  readonly kept: number;
  readonly truncated: number;
  readonly changed: number;
  readonly stripped: number;
  readonly merged: number;
  readonly moved: number;
  readonly doubled: number;
  readonly reordered: number;
}

/** What became of the pictures: their slices, by their bytes. */
export interface PicturesVerdict {
  /**
   * - `whole`: each came once, in order, with the slices that were sent.
   * - `suffered`: some are missing, changed, doubled or out of order.
   * - `re-encoded`: pictures came, with other slices than any that was sent.
   * - `none`: no picture came.
   */
  readonly outcome: "whole" | "suffered" | "re-encoded" | "none";
  /** Those among which the end received. */
  readonly sent: number;
  readonly received: number;
  /** Came with all slices as they were. */
  readonly whole: number;
  /** Came with some of their slices as they were, and others missing or different. */
  readonly changed: number;
  /** Did not come. */
  readonly missing: number;
  /** Came more than once. */
  readonly doubled: number;
  /** Came behind a later one. */
  readonly reordered: number;
  /** Came, and were not sent. */
  readonly foreign: number;
}

/** What a path did to what a probe sent. */
export interface ProbeVerdict {
  /**
   * Whether every message came as it was, once, in order and with its picture, and no picture is missing or damaged.
   * Messages may be merged, and pictures re-encoded.
   */
  readonly isIntact: boolean;
  readonly counts: VerdictCounts;
  readonly pictures: PicturesVerdict;
  /** The SEI messages beside those of the probe: one who drops all SEI drops these too. */
  readonly others: { readonly sent: number; readonly received: number };
  /** Each message that should have come, in the order of sending. */
  readonly messages: readonly MessageVerdict[];
}
