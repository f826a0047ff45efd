/** Often enough to tell within two seconds, rare enough to cost nothing. */
const PERIOD_MS = 500;
/** Periods in which frames were decoded and none was seen: one alone can be a race between two reports. */
const PERIODS_TO_TELL = 2;

/**
 * Watches for video that plays past its transform: one set too late, be it by a millisecond, never sees a frame and
 * says nothing. Ends when it has told, when the track has ended, or when what it returns is called.
 */
export function watchFrames(receiver: RTCRtpReceiver, tell: () => void): () => void {
  let decodedBefore = 0;
  let periods = 0;
  let isStopped = false;
  const stop = (): void => {
    isStopped = true;
    clearInterval(timer);
  };
  const timer = setInterval(async () => {
    if (receiver.track.readyState === "ended") return stop();
    const decoded = await framesDecoded(receiver);
    if (decoded > decodedBefore) periods++;
    decodedBefore = decoded;
    if (periods < PERIODS_TO_TELL || isStopped) return;
    stop();
    tell();
  }, PERIOD_MS);
  return stop;
}

async function framesDecoded(receiver: RTCRtpReceiver): Promise<number> {
  try {
    for (const stats of (await receiver.getStats()).values()) {
      if (stats.type === "inbound-rtp") return stats.framesDecoded ?? 0;
    }
  } catch {
    // The connection has just been closed.
  }
  return 0;
}
