import { describe, expect, it } from "vitest";
import { Splice } from "../src/server/forwarding/splice.ts";

/** Passes packets on, with numbers from one on; returns the number that the last went on under. */
function pass(splice: Splice, from: number, count: number): number {
  let last = -1;
  for (let index = 0; index < count; index += 1) {
    const numbers = { sequenceNumber: (from + index) & 0xffff, timestamp: index };
    if (splice.renumber(numbers, index)) last = numbers.sequenceNumber;
  }
  return last;
}

describe("a splice", () => {
  it.each([10, 40_000, 70_000, 200_000])("knows the packets of its first source after %i of them", (count) => {
    const splice = new Splice(90_000);
    const last = pass(splice, 500, count);
    expect(splice.numberInSource(last)).toBe((500 + count - 1) & 0xffff);
    expect(splice.numberInSource((last - 5) & 0xffff)).toBe((500 + count - 6) & 0xffff);
  });

  it.each([10, 40_000, 70_000, 200_000])("knows the packets of another source after %i of them", (count) => {
    const splice = new Splice(90_000);
    const before = pass(splice, 500, 100);
    splice.begin();
    expect(splice.numberInSource(before)).toBeUndefined();
    const last = pass(splice, 9000, count);
    expect(last).toBe((before + count) & 0xffff);
    expect(splice.numberInSource(last)).toBe((9000 + count - 1) & 0xffff);
  });

  it("takes nothing of the source before, late or requested, for a packet of this one", () => {
    const splice = new Splice(90_000);
    const before = pass(splice, 500, 100);
    splice.begin();
    pass(splice, 9000, 100);
    expect(splice.renumber({ sequenceNumber: 8999, timestamp: 0 }, 0)).toBe(false);
    expect(splice.numberInSource(before)).toBeUndefined();
    expect(splice.numberInSource(before + 1)).toBe(9000);
  });
});
