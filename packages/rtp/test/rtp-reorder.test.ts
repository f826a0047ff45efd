import { RtpReorder, type RtpReorderOptions } from "@inband/rtp";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

/** Pushes sequence numbers, one each millisecond; returns what comes out, extended numbers relative to the first. */
function run(
  sequences: readonly number[],
  options: RtpReorderOptions = {},
): { out: number[]; reorder: RtpReorder<number> } {
  const reorder = new RtpReorder<number>(options);
  const out: number[] = [];
  let last = -1;
  sequences.forEach((sequence, nowMs) => {
    reorder.push(sequence, sequence & 0xffff, nowMs, (packet, extended) => {
      expect(extended & 0xffff).toBe(packet & 0xffff);
      expect(extended).toBeGreaterThan(last);
      last = extended;
      out.push(packet);
    });
  });
  return { out, reorder };
}

describe("RtpReorder (RFC 3550 A.1)", () => {
  it("releases packets at once while they are in order", () => {
    const { out, reorder } = run([5, 6, 7]);
    expect(out).toEqual([5, 6, 7]);
    expect(reorder.deadlineMs).toBeUndefined();
  });

  it("holds what came too early and releases it in order", () => {
    const { out, reorder } = run([5, 8, 7, 6, 9]);
    expect(out).toEqual([5, 6, 7, 8, 9]);
    expect(reorder.stats()).toMatchObject({ received: 5, reordered: 2, lost: 0, late: 0 });
  });

  it("goes on over the wrap at 65535, reordered too", () => {
    const reorder = new RtpReorder<number>();
    const extended: number[] = [];
    for (const sequence of [65_534, 0, 65_535, 1, 3, 2]) {
      reorder.push(sequence, sequence, 0, (_, number) => extended.push(number - 65_536));
    }
    expect(extended).toEqual([65_534, 65_535, 65_536, 65_537, 65_538, 65_539]);
  });

  it("drops duplicates, those that wait and those that have gone", () => {
    const { out, reorder } = run([5, 5, 7, 7, 6, 6, 5]);
    expect(out).toEqual([5, 6, 7]);
    expect(reorder.stats()).toMatchObject({ duplicates: 4, late: 0 });
  });

  it("gives a missing packet up at its deadline, by the caller's clock", () => {
    const reorder = new RtpReorder<string>({ timeoutMs: 50 });
    const out: string[] = [];
    const release = (packet: string): void => {
      out.push(packet);
    };
    reorder.push("a", 1, 0, release);
    reorder.push("c", 3, 10, release);
    reorder.push("d", 4, 30, release);
    expect(reorder.deadlineMs).toBe(60);
    reorder.flush(59, release);
    expect(out).toEqual(["a"]);
    reorder.flush(60, release);
    expect(out).toEqual(["a", "c", "d"]);
    reorder.push("b", 2, 61, release);
    expect(out).toEqual(["a", "c", "d"]);
    expect(reorder.stats()).toMatchObject({ lost: 1, late: 1 });
  });

  it("gives a missing packet up when the window is full", () => {
    const { out, reorder } = run([1, 3, 4, 5, 6], { windowPackets: 4 });
    expect(out).toEqual([1, 3, 4, 5, 6]);
    expect(reorder.stats().lost).toBe(1);
  });

  it("releases what waits at the end", () => {
    const { out, reorder } = run([1, 3, 6]);
    reorder.end((packet) => out.push(packet));
    expect(out).toEqual([1, 3, 6]);
    expect(reorder.stats().lost).toBe(3);
  });

  it("follows a jump beyond the window, and a sender that begins anew only when two packets agree", () => {
    const jump = run([1, 2, 500, 501], { windowPackets: 16, timeoutMs: 0 });
    expect(jump.out).toEqual([1, 2, 500, 501]);
    const stray = run([10_000, 30_000, 10_001]);
    expect(stray.out).toEqual([10_000, 10_001]);
    const restart = run([40_000, 100, 101, 102]);
    expect(restart.out).toEqual([40_000, 101, 102]);
    expect(restart.reorder.stats()).toMatchObject({ restarts: 1, late: 1, lost: 0 });
  });

  it("refuses options out of range by name", () => {
    expect(() => new RtpReorder({ windowPackets: 0 })).toThrow("windowPackets: expected an integer");
    expect(() => new RtpReorder({ timeoutMs: -1 })).toThrow("timeoutMs: expected a non-negative number");
  });

  it("releases each packet once and in order, whatever arrives", () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(40), { maxLength: 80 }),
        fc.integer({ min: 1, max: 20 }),
        (offsets, windowPackets) => {
          const reorder = new RtpReorder<number>({ windowPackets, timeoutMs: 5 });
          const out: number[] = [];
          offsets.forEach((offset, index) => {
            const sequence = (65_500 + index + offset) & 0xffff;
            reorder.push(index, sequence, index, (_, extended) => out.push(extended));
          });
          reorder.end((_, extended) => out.push(extended));
          for (let i = 1; i < out.length; i += 1) expect(out[i]).toBeGreaterThan(out[i - 1] as number);
          const { received, duplicates, late } = reorder.stats();
          expect(out.length + duplicates + late).toBe(received);
        },
      ),
    );
  });
});
