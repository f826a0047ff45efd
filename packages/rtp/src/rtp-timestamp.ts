/** Ticks of the RTP clock of video in a second (RFC 6184 5.1). */
export const videoClockRate = 90_000;
/** The same in a millisecond. */
export const ticksPerMs = 90;

/** Microseconds as ticks of the RTP clock of video, rounded as every side of inband rounds them. */
export function rtpTicks(timestamp: number): number {
  return Math.round((timestamp * 9) / 100);
}

/**
 * The RTP timestamp (32 bits) of an access unit.
 *
 * @param timestamp - Presentation time in microseconds, as in WebCodecs.
 * @param offset - Where the stream begins (RFC 3550 5.1: random), in ticks.
 */
export function rtpTimestamp(timestamp: number, offset = 0): number {
  const ticks = (offset + rtpTicks(timestamp)) % 2 ** 32;
  return ticks < 0 ? ticks + 2 ** 32 : ticks;
}
