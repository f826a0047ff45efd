import type { ReceivedAccessUnit } from "@inband/media/probe";
import type { Clip } from "./clip.ts";

/** A server, muxer, encoder or reader that messages are sent through. */
export interface Box {
  /** What goes in and comes out, where it is not clear. */
  readonly name: string;
  /** What it belongs to: boxes of one family are named together where they do the same. */
  readonly family: string;
  /** Whether npm brings it, so that it can run in `npm test` without anything being installed. */
  readonly isBrought?: boolean;
  /** Why it cannot run here; undefined where it can. */
  reason(): string | undefined;
  /** With its name. */
  version(): string;
  /**
   * Sends a clip through it; resolves with what comes out.
   *
   * @param clipFile The clip as MP4.
   * @param file Makes the path of a file in a folder that is gone afterwards.
   */
  run(clip: Clip, clipFile: string, file: (name: string) => string): Promise<readonly ReceivedAccessUnit[]>;
}
