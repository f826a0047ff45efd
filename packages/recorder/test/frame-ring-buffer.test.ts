import type { AccessUnit, AudioPacket, MediaPacket } from "@inband/h264";
import { FrameRingBuffer } from "@inband/recorder";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

function frame(index: number, isKeyFrame: boolean, bytes = 10): AccessUnit {
  const nalUnits = [new Uint8Array(bytes)];
  return { kind: "video", codec: "h264", nalUnits, timestamp: index * 40_000, isKeyFrame };
}

function sound(index: number): AudioPacket {
  return { kind: "audio", codec: "opus", data: new Uint8Array(5), timestamp: index * 40_000 };
}

/** Numbers of the access units. */
function numbers(packets: readonly MediaPacket[]): number[] {
  return packets.filter(({ kind }) => kind === "video").map(({ timestamp }) => timestamp / 40_000);
}

function fill(ring: FrameRingBuffer, count: number, keyEvery: number): void {
  for (let index = 0; index < count; index += 1) ring.push(frame(index, index % keyEvery === 0));
}

describe("a ring of frames", () => {
  it("holds the last ones, and gives those before an event from a key frame on", () => {
    const ring = new FrameRingBuffer();
    fill(ring, 1000, 30);
    expect(ring.stats()).toEqual({ frames: 150, bytes: 1500, pushed: 1000, dropped: 850, refused: 0 });
    expect(numbers(ring.preEvent())).toEqual(Array.from({ length: 70 }, (_, index) => 930 + index));
    expect(numbers(ring.preEvent(10))).toEqual(Array.from({ length: 10 }, (_, index) => 990 + index));
    expect(numbers(ring.keyFrameAndFollowing())).toEqual(Array.from({ length: 10 }, (_, index) => 990 + index));
    expect(ring.preEvent(0)).toEqual([]);
  });

  it("begins with the first key frame that it holds, where none is so far back", () => {
    const ring = new FrameRingBuffer({ capacity: 60 });
    fill(ring, 100, 70);
    expect(numbers(ring.preEvent(50))).toEqual(Array.from({ length: 30 }, (_, index) => 70 + index));
    const none = new FrameRingBuffer({ capacity: 60 });
    fill(none, 100, 1000);
    expect(none.preEvent()).toEqual([]);
    expect(none.keyFrameAndFollowing()).toEqual([]);
  });

  it("keeps the sound in its place, and counts frames alone", () => {
    const ring = new FrameRingBuffer({ capacity: 4, preEventFrames: 2 });
    for (let index = 0; index < 10; index += 1) {
      ring.push(frame(index, index % 2 === 0));
      ring.push(sound(index));
    }
    expect(ring.frames).toBe(4);
    expect(ring.preEvent().map(({ kind, timestamp }) => [kind, timestamp / 40_000])).toEqual([
      ["video", 8],
      ["audio", 8],
      ["video", 9],
      ["audio", 9],
    ]);
  });

  it("is bounded in bytes, and refuses what is larger than it is", () => {
    const ring = new FrameRingBuffer({ maxBytes: 100 });
    fill(ring, 20, 1);
    expect(ring.stats()).toMatchObject({ frames: 10, bytes: 100 });
    expect(ring.push(frame(20, true, 101))).toBe(false);
    expect(ring.push(frame(21, false))).toBe(false);
    expect(ring.push(frame(22, true))).toBe(true);
    expect(ring.stats()).toMatchObject({ frames: 10, refused: 2 });
  });

  it("with drop-newest keeps what it has, and goes on with a key frame once there is room", () => {
    const ring = new FrameRingBuffer({ capacity: 5, preEventFrames: 5, overflow: "drop-newest" });
    fill(ring, 8, 2);
    expect(numbers(ring.preEvent())).toEqual([0, 1, 2, 3, 4]);
    expect(ring.stats()).toMatchObject({ refused: 3, dropped: 0 });
    ring.clear();
    expect([8, 9, 10, 11].map((index) => ring.push(frame(index, index === 10)))).toEqual([false, false, true, true]);
  });

  it("whatever comes, keeps its bounds, loses the oldest alone, and gives decodable runs", () => {
    const packet = fc.record({
      isFrame: fc.boolean(),
      isKeyFrame: fc.boolean(),
      bytes: fc.nat({ max: 30 }),
    });
    fc.assert(
      fc.property(
        fc.array(packet, { maxLength: 300 }),
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 30, max: 200 }),
        fc.nat({ max: 25 }),
        (packets, capacity, maxBytes, wanted) => {
          const ring = new FrameRingBuffer({ capacity, preEventFrames: 0, maxBytes });
          const frames: number[] = [];
          const keys = new Set<number>();
          for (const [index, { isFrame, isKeyFrame, bytes }] of packets.entries()) {
            expect(ring.push(isFrame ? frame(index, isKeyFrame, bytes) : sound(index))).toBe(true);
            if (isFrame) frames.push(index);
            if (isFrame && isKeyFrame) keys.add(index);
          }
          const { frames: held, bytes } = ring.stats();
          expect(held).toBeLessThanOrEqual(capacity);
          expect(bytes).toBeLessThanOrEqual(maxBytes);
          const given = numbers(ring.preEvent(wanted));
          expect(given).toEqual(given.length === 0 ? [] : frames.slice(-given.length));
          if (given.length > 0) expect(keys.has(given[0] as number)).toBe(true);
          const kept = held === 0 ? [] : frames.slice(-held);
          const isThere = kept.some((index) => keys.has(index));
          const isFar = kept.slice(0, Math.max(0, kept.length - wanted + 1)).some((index) => keys.has(index));
          if (wanted > 0 && isThere) expect(given.length).toBeGreaterThanOrEqual(isFar ? Math.min(wanted, held) : 1);
        },
      ),
    );
  });
});

it("the option that is wrong is named", () => {
  for (const [options, message] of [
    [{ capacity: 0 }, "capacity: expected a positive integer, got 0"],
    [{ preEventFrames: 151 }, "preEventFrames: expected 0 to the capacity, 150, got 151"],
    [{ maxBytes: 1.5 }, "maxBytes: expected a positive integer, got 1.5"],
    [{ overflow: "block" }, "overflow: expected drop-oldest or drop-newest, got block"],
    [{ size: 3 }, "size: no such option"],
  ] as const) {
    expect(() => new FrameRingBuffer(options as object)).toThrow(message);
  }
});
