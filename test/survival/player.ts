import type { AccessUnit } from "@inband/h264";

/** A player that shows pictures: does it play on, and what can an application of it get at? */
export interface Player {
  readonly name: string;
  /** Whether npm brings it, so that it can run in `npm test` without anything being installed. */
  readonly isBrought?: boolean;
  /** Why it cannot run here; undefined where it can. */
  reason(): string | undefined;
  /** With its name; undefined for what is a part of the browser that is named with the run. */
  version(): string | undefined;
  /** What an application can get at. */
  readonly access: string;
  /**
   * Plays a clip to its end.
   *
   * @param clipFile The clip as MP4.
   * @param file Makes the path of a file in a folder that is gone afterwards.
   */
  play(accessUnits: readonly AccessUnit[], clipFile: string, file: (name: string) => string): Promise<Playback>;
}

/** How a clip was played. */
export interface Playback {
  /** Pictures that were decoded, as the player counts them. */
  readonly pictures: number;
  /** What went wrong, in the words of the player. */
  readonly errors: readonly string[];
}
