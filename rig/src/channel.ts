import type { Random } from "./random.ts";

/** How a channel loses packets. */
export interface Loss {
  /** Share of the packets that are lost, 0 to 1. */
  readonly rate: number;
  /** Mean number of packets lost in a row (Gilbert-Elliott); 1: each packet by itself. */
  readonly burst: number;
}

/** What happens to the packets of a channel. */
export interface ChannelOptions {
  /** How packets are lost, or whether the next one is. @defaultValue no loss */
  readonly loss?: Loss | (() => boolean);
  /** Milliseconds from sending to receiving. @defaultValue 0 */
  readonly delayMs?: number;
  /** Share of the packets that arrive `reorderMs` later than others. @defaultValue 0 */
  readonly reorder?: number;
  /** @defaultValue 0 */
  readonly reorderMs?: number;
  /** Share of the packets that arrive a second time, `reorderMs` after the first. @defaultValue 0 */
  readonly duplicate?: number;
}

/** Says of one packet after the other whether it is lost. */
export function lossModel({ rate, burst }: Loss, random: Random): () => boolean {
  if (burst === 1) return () => random.fraction() < rate;
  let isBad = false;
  const leave = 1 / burst;
  const enter = rate / (burst * (1 - rate));
  return () => {
    isBad = random.fraction() < (isBad ? 1 - leave : enter);
    return isBad;
  };
}

/** Takes packets and says when they arrive: never, once or twice. */
export class Channel {
  readonly #random: Random;
  readonly #isLost: () => boolean;
  readonly #delayMs: number;
  readonly #reorder: number;
  readonly #reorderMs: number;
  readonly #duplicate: number;
  sent = 0;
  lost = 0;

  constructor(options: ChannelOptions, random: Random) {
    const { loss = { rate: 0, burst: 1 }, delayMs = 0, reorder = 0, reorderMs = 0, duplicate = 0 } = options;
    this.#random = random;
    this.#isLost = typeof loss === "function" ? loss : lossModel(loss, random);
    this.#delayMs = delayMs;
    this.#reorder = reorder;
    this.#reorderMs = reorderMs;
    this.#duplicate = duplicate;
  }

  /** Delays in milliseconds of each arrival of the next packet. */
  next(): readonly number[] {
    this.sent += 1;
    const isLost = this.#isLost();
    const first = this.#delayMs + (this.#random.fraction() < this.#reorder ? this.#reorderMs : 0);
    const isDouble = this.#random.fraction() < this.#duplicate;
    if (isLost) {
      this.lost += 1;
      return [];
    }
    return isDouble ? [first, first + this.#reorderMs] : [first];
  }
}
