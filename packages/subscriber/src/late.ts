/**
 * A message that came after those behind it had been delivered, and was not delivered: with `order: "sequence"`, or out of
 * the backlog of one who joins late.
 */
export interface Late {
  readonly id: string;
  readonly source: number;
  readonly topic: string | undefined;
  readonly sequence: number;
  /** Name of the feed that brought it. */
  readonly feed: string;
}
