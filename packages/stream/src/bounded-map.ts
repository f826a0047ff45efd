/** A map of at most so many entries: one too many pushes out the oldest. */
export class BoundedMap<Key, Value> extends Map<Key, Value> {
  readonly #maxSize: number;
  readonly #pushedOut: ((value: Value, key: Key) => void) | undefined;

  /** `pushedOut` is told of each entry that had to go for a newer one. */
  constructor(maxSize: number, pushedOut?: (value: Value, key: Key) => void) {
    super();
    this.#maxSize = maxSize;
    this.#pushedOut = pushedOut;
  }

  /** Sets an entry. A key that is there already keeps its place, as in every map. */
  override set(key: Key, value: Value): this {
    super.set(key, value);
    if (this.size > this.#maxSize) this.#pushOutOldest();
    return this;
  }

  /** Sets an entry and makes it the newest. */
  renew(key: Key, value: Value): this {
    this.delete(key);
    return this.set(key, value);
  }

  #pushOutOldest(): void {
    for (const [key, value] of this) {
      this.delete(key);
      this.#pushedOut?.(value, key);
      return;
    }
  }
}
