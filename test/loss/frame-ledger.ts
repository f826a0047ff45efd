import type { Account } from "./account.ts";

/** Access units that came whole, those that did not, and of how many of each the messages were handed over. */
export interface FrameBalance {
  readonly whole: number;
  readonly wholeAndRead: number;
  readonly broken: number;
  readonly brokenAndRead: number;
}

/** Notes which access units lost packets on their way, to hold what a receiver read of them against it. */
export class FrameLedger {
  readonly #lost = new Map<number, boolean>();

  /** Takes note of one packet. */
  sent(rtpTimestamp: number, isLost: boolean): void {
    this.#lost.set(rtpTimestamp, isLost || this.#lost.get(rtpTimestamp) === true);
  }

  /** What came of the access units that messages were published for, by the number of the message. */
  balance(account: Account, rtpTimestamps: readonly number[]): FrameBalance {
    const frames = { whole: 0, wholeAndRead: 0, broken: 0, brokenAndRead: 0 };
    for (const [number, rtpTimestamp] of rtpTimestamps.entries()) {
      // The first message of an access unit speaks for it.
      if (rtpTimestamp === rtpTimestamps[number - 1]) continue;
      const isRead = account.hasCome(number);
      if (this.#lost.get(rtpTimestamp) === false) {
        frames.whole += 1;
        if (isRead) frames.wholeAndRead += 1;
      } else {
        frames.broken += 1;
        if (isRead) frames.brokenAndRead += 1;
      }
    }
    return frames;
  }
}
