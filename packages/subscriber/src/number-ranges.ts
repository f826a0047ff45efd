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
    const at = ranges.findLastIndex(([first]) => first <= number) + 1;
    ranges.splice(at, 0, [number, number]);
    this.#join(at);
    this.#join(at - 1);
    if (ranges.length <= maxHoles + 1) return;
    let smallest = 0;
    for (let index = 0; index + 1 < ranges.length; index += 1) {
      if (this.#holeAfter(index) < this.#holeAfter(smallest)) smallest = index;
    }
    this.#fill(smallest);
  }

  /** Joins a run with the next one if nothing is missing between them. */
  #join(index: number): void {
    if (this.#holeAfter(index) <= 0) this.#fill(index);
  }

  #fill(index: number): void {
    const [[, last]] = this.#ranges.splice(index + 1, 1) as [[number, number]];
    const range = this.#ranges[index] as [number, number];
    range[1] = Math.max(range[1], last);
  }

  /** How many numbers are missing between a run and the next one. */
  #holeAfter(index: number): number {
    const [range, next] = [this.#ranges[index], this.#ranges[index + 1]];
    return range === undefined || next === undefined ? Number.POSITIVE_INFINITY : next[0] - range[1] - 1;
  }
}
