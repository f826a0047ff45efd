import { numberOf, payloadOf } from "./payload.ts";
import { type Binding, bindingOf, type Place } from "./place.ts";

/** What a receiver got of the messages of a sender. */
export class Tally {
  /** How many messages the sender is going to send. */
  readonly sent: number;
  /** Copies by the number of the message. */
  readonly #copies = new Map<number, number>();
  /** What the receiver said of the first copy of each. */
  readonly #places = new Map<number, Place>();
  #changed = 0;

  constructor(sent: number) {
    this.sent = sent;
  }

  /** Counts a message as it came, with what the receiver says of its picture. Those of somebody else count for nothing. */
  count(payload: Uint8Array, place: Place = {}): void {
    const number = numberOf(payload);
    if (number === undefined || number >= this.sent) return;
    this.#copies.set(number, (this.#copies.get(number) ?? 0) + 1);
    if (!this.#places.has(number)) this.#places.set(number, place);
    if (Buffer.compare(payload, payloadOf(number)) !== 0) this.#changed += 1;
  }

  /** Messages of which at least one copy came. */
  get received(): number {
    return this.#copies.size;
  }

  /** The numbers of those of which none came. */
  get missing(): number[] {
    return Array.from({ length: this.sent }, (_, number) => number).filter((number) => !this.#copies.has(number));
  }

  get isComplete(): boolean {
    return this.received === this.sent;
  }

  get copies(): number {
    return [...this.#copies.values()].reduce((sum, copies) => sum + copies, 0);
  }

  /** Copies that differ from what was sent. */
  get changed(): number {
    return this.#changed;
  }

  /** How the pictures that the receiver named compare with those of the sender, by the numbers of the messages. */
  binding(sent: ReadonlyMap<number, Place>): Binding | undefined {
    return bindingOf(sent, this.#places);
  }
}
