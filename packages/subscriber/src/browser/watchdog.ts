/** Often enough to tell within two seconds, rare enough to cost nothing. */
const PERIOD_MS = 500;
/** Periods in which frames were decoded and none was seen: one alone can be a race between two reports. */
const PERIODS_TO_TELL = 2;

/**
 * Watches for video that plays past its transform: one set too late, be it by a millisecond, never sees a frame and
 * says nothing. Ends itself when it has told, when a frame was seen, or when the track has ended.
 */
export class Watchdog {
  readonly #timer: ReturnType<typeof setInterval>;

  constructor(receiver: RTCRtpReceiver, tell: () => void) {
    let decodedBefore = 0;
    let periods = 0;
    this.#timer = setInterval(async () => {
      if (receiver.track.readyState === "ended") return this.stop();
      const decoded = await framesDecoded(receiver);
      if (decoded > decodedBefore) periods++;
      decodedBefore = decoded;
      if (periods < PERIODS_TO_TELL || this.#isStopped) return;
      this.stop();
      tell();
    }, PERIOD_MS);
  }

  #isStopped = false;

  stop(): void {
    this.#isStopped = true;
    clearInterval(this.#timer);
  }
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
