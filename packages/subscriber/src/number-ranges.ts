/** Holes that a set remembers. Beyond that the smallest one is filled. */
const maxHoles = 63;

/** A set of mostly consecutive message numbers in bounded memory: if there are too many holes, the smallest are filled. */
export class NumberRanges {
  /** First and last number of each run, ascending. */
  readonly #ranges: [first: number, last: number][] = [];

  has(number: number): boolean {
    return this.#ranges.some(([first, last]) => first <= number && number <= last);
  }

  add(number: number): void {
    const ranges = this.#ranges;
    ranges.splice(ranges.findLastIndex(([first]) => first <= number) + 1, 0, [number, number]);
    for (;;) {
      const holes = ranges.slice(1).map(([first], index) => first - (ranges[index] as [number, number])[1] - 1);
      const smallest = Math.min(...holes);
      if (smallest > 0 && holes.length <= maxHoles) return;
      const index = holes.indexOf(smallest);
      const [range, next] = ranges.splice(index, 2) as [[number, number], [number, number]];
      ranges.splice(index, 0, [range[0], Math.max(range[1], next[1])]);
    }
  }
}
