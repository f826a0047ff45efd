import { numberOf, payloadOf } from "./payload.ts";

/** What a receiver got of the messages of a sender. */
export class Tally {
  /** Copies by the number of the message. */
  readonly #copies = new Map<number, number>();
  #changed = 0;
  #onFrame = 0;
  #foreign = 0;

  /** Counts a message as it came; `isOnFrame` where it names the access unit that brought it. */
  count(payload: Uint8Array, sent: number, isOnFrame: boolean): void {
    const number = numberOf(payload);
    if (number === undefined || number >= sent) {
      this.#foreign += 1;
      return;
    }
    this.#copies.set(number, (this.#copies.get(number) ?? 0) + 1);
    if (Buffer.compare(payload, payloadOf(number)) !== 0) this.#changed += 1;
    if (isOnFrame) this.#onFrame += 1;
  }

  /** Messages of which at least one copy came. */
  get received(): number {
    return this.#copies.size;
  }

  get copies(): number {
    return [...this.#copies.values()].reduce((sum, copies) => sum + copies, 0);
  }

  /** Copies that differ from what was sent. */
  get changed(): number {
    return this.#changed;
  }

  /** Copies that name their access unit. */
  get onFrame(): number {
    return this.#onFrame;
  }

  /** Messages of somebody else, such as the banner of an encoder. */
  get foreign(): number {
    return this.#foreign;
  }
}
