/**
 * A message that was not delivered because later ones had been delivered already: with `order: "sequence"`, or from the
 * backlog of a late joiner.
 */
export interface Late {
  readonly id: string;
  readonly source: number;
  readonly topic: string | undefined;
  readonly sequence: number;
  /** Name of the feed that brought it. */
  readonly feed: string;
}
