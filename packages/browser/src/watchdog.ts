/** Often enough to report within two seconds, rarely enough to cost nothing. */
const PERIOD_MS = 500;
/** Periods in which frames were decoded and none was seen. A single one can be a race between two reports. */
const PERIODS_TO_TELL = 2;

/**
 * Watches for video that plays past its transform: one that is set too late, even by a millisecond, sees no frame, and no
 * event reports it. Calls `tell` once. Ends after that, with the track, or when the returned function is called.
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
