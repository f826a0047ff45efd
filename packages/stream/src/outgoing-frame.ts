/** What an outbox needs to know of the access unit that is about to leave. */
export interface OutgoingFrame {
  /** RTP timestamp (90 kHz) of the access unit. */
  readonly rtpTimestamp: number;
  /** Presentation time in microseconds where it is known: it binds a message to the access unit that it refers to. */
  readonly timestamp?: number;
  readonly isKeyFrame: boolean;
  /** Counts the access units that leave; for streams that know by it whether a receiver was heard since. */
  readonly number?: number;
}
