/** SEI messages that cannot be read: truncated, without a whole UUID, or in a NAL unit whose forbidden_zero_bit is 1. */
export class BrokenSeiError extends Error {
  override readonly name = "BrokenSeiError";
  readonly code = "broken-sei";
  /** Name of the feed. */
  readonly feed: string;
  /** Names the encoded stream within the feed. */
  readonly stream: string;
  /** How many there were in one NAL unit or packet. */
  readonly count: number;

  constructor(feed: string, stream: string, count: number) {
    super(`feed ${feed}, stream ${stream}: ${count} broken SEI messages`);
    this.feed = feed;
    this.stream = stream;
    this.count = count;
  }
}
