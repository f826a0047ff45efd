import { rtpTicks, rtpTimestamp, sequenceDifference } from "@inband/rtp";
import fc from "fast-check";
import { expect, it } from "vitest";

it("rounds microseconds to ticks of 90 kHz (RFC 6184 5.1)", () => {
  expect([0, 11, 6, 5, 33_333, -33_333].map(rtpTicks)).toEqual([0, 1, 1, 0, 3000, -3000]);
});

it("counts timestamps modulo 2^32, before the beginning of the stream too", () => {
  expect(rtpTimestamp(1_000_000, 2 ** 32 - 1)).toBe(89_999);
  expect(rtpTimestamp(-1_000_000)).toBe(2 ** 32 - 90_000);
  fc.assert(
    fc.property(fc.integer({ min: -(2 ** 50), max: 2 ** 50 }), fc.nat(2 ** 31), (timestamp, offset) => {
      const ticks = rtpTimestamp(timestamp, offset);
      expect(Number.isInteger(ticks) && ticks >= 0 && ticks < 2 ** 32).toBe(true);
    }),
  );
});

it("tells how far a sequence number is ahead, over the wrap", () => {
  expect(sequenceDifference(1, 65_535)).toBe(2);
  expect(sequenceDifference(65_535, 1)).toBe(-2);
  expect(sequenceDifference(65_536 + 9, 10)).toBe(-1);
});
