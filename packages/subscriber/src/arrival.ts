import type { UserDataPlace } from "@inband/stream";
import type { MediaClock } from "./media-clock.ts";

/** Where and when a message arrived. */
export interface Arrival {
  /** Name of the feed. */
  readonly feed: string;
  /** Of the feed. */
  readonly clock: MediaClock;
  /** By that clock; NaN if the feed does not know. */
  readonly elapsed: number;
  readonly place: UserDataPlace;
  readonly isBacklog: boolean;
  readonly atMs: number;
}
