/** What an outbox needs to know of the access unit that is about to leave. */
export interface OutgoingFrame {
  /** RTP timestamp (90 kHz) that the access unit leaves with. */
  readonly rtpTimestamp: number;
  /** Presentation time in microseconds where it is known: it binds a message to the access unit that it speaks of. */
  readonly timestamp?: number;
  readonly isKeyFrame: boolean;
}
