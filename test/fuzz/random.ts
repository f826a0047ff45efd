/** A stream of numbers that depends on its seed alone (mulberry32), so that every input can be made again. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** 32 bits. */
  uint32(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
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
}

/** A seed for one input of one target: FNV-1a over the parts. */
export function seedOf(...parts: readonly (string | number)[]): number {
  let hash = 0x811c9dc5;
  for (const character of parts.join(" ")) hash = Math.imul(hash ^ (character.codePointAt(0) as number), 0x01000193);
  return hash >>> 0;
}
