import type { RawFrame } from "@inband/h264/encoder";
import { frameNumberModulus, readFrameNumber, testPicture, testPictureBuffers } from "@inband/media/frames";
import { describe, expect, it } from "vitest";

async function all(frames: AsyncIterable<RawFrame>): Promise<RawFrame[]> {
  const seen: RawFrame[] = [];
  for await (const frame of frames) seen.push({ ...frame, data: frame.data.slice() });
  return seen;
}

describe("the test picture", () => {
  it("carries its number and its time at every size", async () => {
    for (const [width, height] of [
      [96, 96],
      [320, 180],
      [360, 640],
      [1280, 720],
      [1920, 1080],
    ] as const) {
      const frames = await all(testPicture({ width, height, framerate: 24, frames: 4 }));
      expect(frames.map(readFrameNumber)).toEqual([0, 1, 2, 3]);
      expect(frames.map(({ timestamp }) => timestamp)).toEqual([0, 41_667, 83_333, 125_000]);
      expect(frames[0]).toMatchObject({ format: "I420", codedWidth: width, codedHeight: height });
      expect(frames[0]?.data).toHaveLength((width * height * 3) / 2);
    }
  });

  it("moves", async () => {
    const [first, second] = await all(testPicture({ width: 320, height: 180, frames: 2 }));
    const changed = first?.data.filter((value, index) => value !== second?.data[index]).length;
    expect(changed).toBeGreaterThan(320 * 180 * 0.3);
  });

  it("keeps a frame's bytes until the fourth next frame is asked for", async () => {
    const frames = testPicture({ width: 320, height: 180 })[Symbol.asyncIterator]();
    const held: RawFrame[] = [];
    for (let index = 0; index < testPictureBuffers; index++) held.push((await frames.next()).value as RawFrame);
    expect(held.map(readFrameNumber)).toEqual([0, 1, 2, 3]);
    expect(((await frames.next()).value as RawFrame).data).toBe(held[0]?.data);
    await frames.return?.();
  });

  it("never runs ahead of the clock in real time", async () => {
    const start = performance.now();
    for await (const { timestamp } of testPicture({
      width: 96,
      height: 96,
      framerate: 100,
      realtime: true,
      frames: 20,
    })) {
      expect((performance.now() - start) * 1000).toBeGreaterThanOrEqual(timestamp - 1000);
    }
  });

  it("ends with the reason of its signal", async () => {
    const controller = new AbortController();
    const reason = new Error("enough");
    const reading = (async () => {
      for await (const frame of testPicture({
        width: 96,
        height: 96,
        realtime: true,
        framerate: 2,
        signal: controller.signal,
      })) {
        if (readFrameNumber(frame) === 0) setImmediate(() => controller.abort(reason));
      }
    })();
    await expect(reading).rejects.toBe(reason);
  });

  it("names the option that is wrong, at once", () => {
    expect(() => testPicture({ width: 95 })).toThrow(/^width: expected .*, got 95$/);
    expect(() => testPicture({ height: 40 })).toThrow(/^height: expected .*, got 40$/);
    expect(() => testPicture({ framerate: 0 })).toThrow(/^framerate: expected .*, got 0$/);
    expect(() => testPicture({ frames: -1 })).toThrow(/^frames: expected .*, got -1$/);
  });
});

describe("the number in a picture", () => {
  it("is not found where there is none", () => {
    for (const level of [0, 16, 128, 255]) {
      const data = new Uint8Array(320 * 180 * 1.5).fill(level);
      expect(
        readFrameNumber({ data, format: "I420", codedWidth: 320, codedHeight: 180, timestamp: 0 }),
      ).toBeUndefined();
    }
  });

  it("is refused when one of its blocks is wrong", async () => {
    const [frame] = await all(testPicture({ width: 360, height: 240, frames: 1 }));
    if (frame === undefined) throw new Error("no frame");
    // Block 20 of 36 is the third of the second row: 20 pixels wide, 10 high.
    for (let y = 10; y < 20; y++) frame.data.fill(208, y * 360 + 40, y * 360 + 60);
    expect(readFrameNumber(frame)).toBeUndefined();
  });

  it("is read from every format", async () => {
    const [frame] = await all(testPicture({ width: 192, height: 96, frames: 1 }));
    if (frame === undefined) throw new Error("no frame");
    const luma = frame.data.subarray(0, 192 * 96);
    for (const [format, step] of Object.entries({ NV12: 1, BGR: 3, BGRA: 4, RGBA: 4 } as const)) {
      const data = new Uint8Array(192 * 96 * (step === 1 ? 1.5 : step));
      for (let index = 0; index < luma.length; index++) data.fill(luma[index] ?? 0, index * step, (index + 1) * step);
      expect(readFrameNumber({ ...frame, data, format: format as RawFrame["format"] })).toBe(0);
    }
    expect(frameNumberModulus).toBe(2 ** 24);
  });
});
