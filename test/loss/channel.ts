import type { Random } from "../fuzz/random.ts";

/** How a channel loses packets. */
export interface Loss {
  /** Share of the packets that are lost, 0 to 1. */
  readonly rate: number;
  /** Mean number of packets lost in a row (Gilbert-Elliott); 1: each packet by itself. */
  readonly burst: number;
}

/** What happens to the packets of a channel. */
export interface ChannelOptions {
  readonly loss: Loss;
  /** From sending to receiving. */
  readonly delayMs: number;
  /** Share of the packets that come `reorderMs` late. */
  readonly reorder: number;
  readonly reorderMs: number;
  /** Share of the packets that come a second time, `reorderMs` later. */
  readonly duplicate: number;
}

/** A number from 0 to 1, the end not included. */
export function fraction(random: Random): number {
  return random.uint32() / 2 ** 32;
}

/** Says of one packet after the other whether it is lost. */
export function lossModel({ rate, burst }: Loss, random: Random): () => boolean {
  if (burst === 1) return () => fraction(random) < rate;
  let isBad = false;
  const leave = 1 / burst;
  const enter = rate / (burst * (1 - rate));
  return () => {
    isBad = fraction(random) < (isBad ? 1 - leave : enter);
    return isBad;
  };
}

/** Takes packets and says when they arrive: never, once or twice. */
export class Channel {
  readonly #options: ChannelOptions;
  readonly #random: Random;
  readonly #isLost: () => boolean;
  sent = 0;
  lost = 0;

  constructor(options: ChannelOptions, random: Random) {
    this.#options = options;
    this.#random = random;
    this.#isLost = lossModel(options.loss, random);
  }

  /** Delays in milliseconds of each arrival of the next packet. */
  next(): readonly number[] {
    const { delayMs, reorder, reorderMs, duplicate } = this.#options;
    this.sent += 1;
    const isLost = this.#isLost();
    const first = delayMs + (fraction(this.#random) < reorder ? reorderMs : 0);
    const isDouble = fraction(this.#random) < duplicate;
    if (isLost) {
      this.lost += 1;
      return [];
    }
    return isDouble ? [first, first + reorderMs] : [first];
  }
}
