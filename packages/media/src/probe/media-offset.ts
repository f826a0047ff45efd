import type { ProbedPicture } from "./probed-picture.ts";

/** Between the timestamps of what was sent and of what came, where messages tell which belongs to which. */
export class MediaOffset {
  readonly #sent: readonly ProbedPicture[];
  readonly #received: readonly { readonly timestamp: number }[];
  readonly #offset: number | undefined;
  readonly #tolerance: number;

  /** @param hints For each access unit that came, the picture that a message in it was sent with. */
  constructor(
    sent: readonly ProbedPicture[],
    received: readonly { readonly timestamp: number }[],
    hints: readonly (number | undefined)[],
  ) {
    this.#sent = sent;
    this.#received = received;
    const offsets = hints.flatMap((picture, index) => {
      if (picture === undefined) return [];
      return (received[index]?.timestamp as number) - (sent[picture] as ProbedPicture).timestamp;
    });
    this.#offset = median(offsets);
    const times = sent.map(({ timestamp }) => timestamp).sort((a, b) => a - b);
    this.#tolerance = (median(times.slice(1).map((time, index) => time - (times[index] as number))) ?? 0) / 2;
  }

  /** Whether an access unit lies half a picture or more from a sent one. */
  isOff(picture: number, accessUnit: number): boolean {
    const sent = this.#sent[picture];
    const came = this.#received[accessUnit];
    if (this.#offset === undefined || sent === undefined || came === undefined) return false;
    return Math.abs(came.timestamp - sent.timestamp - this.#offset) >= this.#tolerance;
  }
}

function median(values: readonly number[]): number | undefined {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}
