/** Topics whose numbers are remembered; the one not used for longest is forgotten first and begins again at 0. */
const maxTopics = 4096;

/** Counts the messages of one publisher by topic, modulo 2^32. */
export class SequenceNumbers {
  readonly #next = new Map<string | undefined, number>();

  /** The number of the next message of a topic. */
  peek(topic: string | undefined): number {
    return this.#next.get(topic) ?? 0;
  }

  /** Spends the number. */
  advance(topic: string | undefined): void {
    const next = (this.peek(topic) + 1) >>> 0;
    this.#next.delete(topic);
    this.#next.set(topic, next);
    if (this.#next.size <= maxTopics) return;
    const [oldest] = this.#next.keys();
    this.#next.delete(oldest);
  }
}
