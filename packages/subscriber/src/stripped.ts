/** The messages of a source stopped arriving through a feed that still brings access units. */
export interface Stripped {
  /** Name of the feed. */
  readonly feed: string;
  readonly source: number;
  /**
   * `heartbeats-stopped`: the heartbeats of the source stopped; it may have been closed. `other-feed`: another feed of the
   * group still brings the source, so the SEI of this one is removed on its way.
   */
  readonly reason: "heartbeats-stopped" | "other-feed";
}
