import { describe, expect, it } from "vitest";
import { KeyFrameRate } from "../src/key-frame-rate.ts";

describe("KeyFrameRate", () => {
  it("lets losses ask every 100 ms, and ever more seldom, down to 500 ms, while key frames come often", () => {
    let nowMs = 10_000;
    const rate = new KeyFrameRate(() => nowMs);
    const intervals: number[] = [];
    for (let count = 0; count < 12; count++) {
      intervals.push(rate.intervalMs);
      nowMs += 50;
      rate.left();
    }
    expect(intervals).toEqual([100, 100, 100, 100, 100, 200, 300, 400, 500, 500, 500, 500]);
    nowMs += 2000;
    expect(rate.intervalMs).toBe(100);
  });
});
