import { BoundedMap } from "@inband/stream";

/** Topics whose numbers are remembered; the one not used for longest is forgotten first and begins again at 0. */
const maxTopics = 4096;

/** Counts the messages of one publisher by topic, modulo 2^32. */
export class SequenceNumbers {
  readonly #next = new BoundedMap<string | undefined, number>(maxTopics);

  /** The number of the next message of a topic. */
  peek(topic: string | undefined): number {
    return this.#next.get(topic) ?? 0;
  }

  /** Spends the number. */
  advance(topic: string | undefined): void {
    this.#next.renew(topic, (this.peek(topic) + 1) >>> 0);
  }
}
