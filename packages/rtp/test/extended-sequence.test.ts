import { ExtendedSequence, type ExtendedSequenceOptions } from "@inband/rtp";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

/** What comes of each number, relative to 65 536. */
function run(numbers: readonly number[], options?: ExtendedSequenceOptions): (number | undefined)[] {
  const sequence = new ExtendedSequence(options);
  return numbers.map((number) => {
    const extended = sequence.accept(number);
    return extended === undefined ? undefined : extended - 65_536;
  });
}

describe("ExtendedSequence (RFC 3550 A.1)", () => {
  it("goes on over the wrap, with gaps and late packets", () => {
    expect(run([65_534, 65_535, 2, 1, 65_533])).toEqual([65_534, 65_535, 65_538, 65_537, 65_533]);
  });

  it("gives what was sent before the first packet a number below it", () => {
    expect(run([3, 65_530])).toEqual([3, -6]);
  });

  it("believes a jump of 3000 ahead, and a longer one only when the next packet follows it", () => {
    expect(run([0, 3000])).toEqual([0, 3000]);
    expect(run([0, 3001, 3002])).toEqual([0, undefined, 3002]);
    expect(run([0, 3001, 1, 3002])).toEqual([0, undefined, 1, undefined]);
  });

  it("takes 99 behind as late, and 100 behind as a restart when the next packet follows it", () => {
    expect(run([200, 101])).toEqual([200, 101]);
    expect(run([200, 100, 101, 102])).toEqual([200, undefined, 65_637, 65_638]);
  });

  it("never goes back, however a sender begins anew", () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.nat(65_535), fc.constantFrom(0, 1, 2, 65_534, 65_535))), (numbers) => {
        const sequence = new ExtendedSequence();
        for (const number of numbers) {
          const before = sequence.highest;
          const extended = sequence.accept(number);
          expect(sequence.highest).toBeGreaterThanOrEqual(before);
          if (extended === undefined) expect(sequence.highest).toBe(before);
          else expect(extended & 0xffff).toBe(number);
        }
      }),
    );
  });

  it("waits for packets above a floor however far behind they are", () => {
    const sequence = new ExtendedSequence();
    sequence.accept(1000);
    expect(sequence.accept(500)).toBeUndefined();
    expect(sequence.accept(600, 65_536 + 600)).toBe(65_536 + 600);
  });

  it("counts restarts", () => {
    const sequence = new ExtendedSequence({ maxDropout: 10, maxMisorder: 10 });
    for (const number of [0, 50, 51, 20, 21]) sequence.accept(number);
    expect(sequence.restarts).toBe(2);
  });
});
