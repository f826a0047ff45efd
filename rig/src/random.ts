/** A stream of numbers that depends on its seed alone (mulberry32), so that every run can be repeated. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** An integer of 32 bits. */
  uint32(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  }

  /** A number from 0 up to but not including 1. */
  fraction(): number {
    return this.uint32() / 2 ** 32;
  }

  /** An integer from `min` to `max`, both included. */
  integer(min: number, max: number): number {
    return min + (this.uint32() % (max - min + 1));
  }

  /** True once in `n` times. */
  oneIn(n: number): boolean {
    return this.uint32() % n === 0;
  }

  /** One of the values. */
  pick<T>(values: readonly T[]): T {
    return values[this.uint32() % values.length] as T;
  }

  /** A length: mostly short, sometimes up to `max`. */
  length(max: number): number {
    return this.integer(0, this.pick([3, 20, 20, 100, max]));
  }

  /** Fills bytes as `crypto.getRandomValues` does. */
  fill(bytes: Uint8Array): void {
    for (let index = 0; index < bytes.length; index += 1) bytes[index] = this.uint32() & 0xff;
  }
}

/** The seed of one case among many: FNV-1a over the parts that name it. */
export function seedOf(...parts: readonly (string | number)[]): number {
  let hash = 0x811c9dc5;
  for (const character of parts.join(" ")) hash = Math.imul(hash ^ (character.codePointAt(0) as number), 0x01000193);
  return hash >>> 0;
}
