/** Messages that were published and did not arrive. */
export interface Gap extends Loss {
  /** Name of the feed, or group of feeds, that should have brought them: a source is whoever that feed says it is. */
  readonly feed: string;
}

/** Messages that did not arrive through the feeds of a group. */
export interface Loss {
  readonly source: number;
  readonly topic: string | undefined;
  /** The first missing message. */
  readonly sequence: number;
  /** How many are missing: consecutive ones, this one included, unless `last` is given. */
  readonly missing: number;
  /**
   * The last missing message, if several gaps of a topic are reported as one because there were more than ten in a second:
   * some messages in between have arrived.
   */
  readonly last?: number;
}
