import { type AccessUnit, NalUnitType, nalUnitType, parseSps } from "@inband/h264";
import {
  createEncoder,
  EncoderError,
  type EncoderOptions,
  type H264Encoder,
  type RawFrame,
} from "@inband/h264/encoder";
import { describe, expect, it } from "vitest";

const width = 320;
const height = 240;
const framerate = 30;
const options: EncoderOptions = { codec: "libx264", width, height, framerate, bitrate: 1_000_000 };

/** A picture full of detail that moves, so that the bitrate is used up. */
function noisyFrame(index: number): RawFrame {
  const data = new Uint8Array((width * height * 3) / 2).fill(128);
  let state = index + 1;
  for (let at = 0; at < width * height; at++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    data[at] = 64 + (state >>> 25);
  }
  return { data, format: "I420", codedWidth: width, codedHeight: height, timestamp: timestampOf(index) };
}

function timestampOf(index: number): number {
  return Math.round((index * 1_000_000) / framerate);
}

async function encodeSome(encoder: H264Encoder, from: number, count: number): Promise<AccessUnit[]> {
  const accessUnits: AccessUnit[] = [];
  for (let index = from; index < from + count; index++) {
    const accessUnit = await encoder.encode(noisyFrame(index));
    if (accessUnit !== undefined) accessUnits.push(accessUnit);
  }
  return accessUnits;
}

function types(accessUnit: AccessUnit | undefined): number[] {
  return (accessUnit?.nalUnits ?? []).map(nalUnitType);
}

function bytesOf(accessUnits: readonly AccessUnit[]): number {
  return accessUnits.flatMap(({ nalUnits }) => nalUnits).reduce((sum, nal) => sum + nal.length, 0);
}

function keyFrames(accessUnits: readonly AccessUnit[]): number[] {
  return accessUnits.flatMap(({ isKeyFrame }, index) => (isKeyFrame ? [index] : []));
}

describe("an encoder", () => {
  it("gives one access unit for each frame, with the frame's timestamp", async () => {
    using encoder = await createEncoder(options);
    for (let index = 0; index < 60; index++) {
      const accessUnit = await encoder.encode(noisyFrame(index));
      expect(accessUnit?.timestamp).toBe(timestampOf(index));
      expect(types(accessUnit).filter((type) => type <= 5)).toHaveLength(1);
    }
    expect(await encoder.flush()).toEqual([]);
    expect(encoder.stats()).toMatchObject({ frames: 60, accessUnits: 60, keyFrames: 1, queued: 0 });
  });

  it("begins with an IDR picture of constrained baseline profile, SPS and PPS in band", async () => {
    using encoder = await createEncoder(options);
    const first = await encoder.encode(noisyFrame(0));
    expect(first?.isKeyFrame).toBe(true);
    expect(types(first).slice(0, 2)).toEqual([NalUnitType.Sps, NalUnitType.Pps]);
    expect(types(first).at(-1)).toBe(NalUnitType.SliceIdr);
    const [, profileIdc, constraints] = first?.nalUnits[0] ?? [];
    expect([profileIdc, (constraints ?? 0) & 0x40]).toEqual([66, 0x40]);
  });

  it("makes the next frame a key frame on request, and only that one", async () => {
    using encoder = await createEncoder({ ...options, keyFrameInterval: 60 });
    await encodeSome(encoder, 0, 20);
    encoder.requestKeyFrame();
    encoder.requestKeyFrame();
    const after = await encodeSome(encoder, 20, 10);
    expect(keyFrames(after)).toEqual([0]);
    expect(types(after[0]).slice(0, 2)).toEqual([NalUnitType.Sps, NalUnitType.Pps]);
    expect((await encoder.encode(noisyFrame(30), { keyFrame: true }))?.isKeyFrame).toBe(true);
  });

  it("makes a key frame at least every keyFrameInterval seconds", async () => {
    using encoder = await createEncoder({ ...options, keyFrameInterval: 0.5 });
    expect(keyFrames(await encodeSome(encoder, 0, 46))).toEqual([0, 15, 30, 45]);
  });

  it("spends fewer bits after setBitrate, without a key frame", async () => {
    using encoder = await createEncoder({ ...options, bitrate: 4_000_000, keyFrameInterval: 60 });
    const before = await encodeSome(encoder, 0, 60);
    encoder.setBitrate(500_000);
    const after = await encodeSome(encoder, 60, 60);
    expect(keyFrames(after)).toEqual([]);
    expect(bytesOf(after.slice(30))).toBeLessThan(bytesOf(before.slice(30)) / 2);
    expect(encoder.stats().bitrate).toBe(500_000);
  });

  it("limits the bitrate of constant quality too", async () => {
    using encoder = await createEncoder({ ...options, crf: 18, bitrate: 8_000_000, keyFrameInterval: 60 });
    const before = await encodeSome(encoder, 0, 45);
    encoder.setBitrate(500_000);
    const after = await encodeSome(encoder, 45, 45);
    expect(bytesOf(after.slice(15))).toBeLessThan(bytesOf(before.slice(15)) / 2);
  });

  it("serves overlapping calls in their order", async () => {
    using encoder = await createEncoder(options);
    const accessUnits = await Promise.all(Array.from({ length: 30 }, (_, index) => encoder.encode(noisyFrame(index))));
    expect(accessUnits.map((accessUnit) => accessUnit?.timestamp)).toEqual(
      Array.from({ length: 30 }, (_, index) => timestampOf(index)),
    );
    expect(keyFrames(accessUnits.filter((accessUnit) => accessUnit !== undefined))).toEqual([0]);
  });

  it("keeps the timestamps of frames whose times stand still or fall", async () => {
    using encoder = await createEncoder(options);
    for (const timestamp of [-5, 1000, 1000, 0, 33_333]) {
      expect((await encoder.encode({ ...noisyFrame(0), timestamp }))?.timestamp).toBe(timestamp);
    }
  });

  it("takes every format", async () => {
    using encoder = await createEncoder(options);
    for (const [format, factor] of Object.entries({ NV12: 1.5, BGR: 3, BGRA: 4, RGBA: 4 } as const)) {
      const data = new Uint8Array(width * height * factor).fill(90);
      const frame = {
        data,
        format: format as RawFrame["format"],
        codedWidth: width,
        codedHeight: height,
        timestamp: 0,
      };
      expect(types(await encoder.encode(frame)).at(-1), format).toBeGreaterThan(0);
    }
  });

  it("refuses a frame of another size by name, and goes on", async () => {
    using encoder = await createEncoder(options);
    const frame = noisyFrame(0);
    await expect(encoder.encode({ ...frame, codedWidth: 640 })).rejects.toThrow(/codedWidth is 640.*width 320/);
    await expect(encoder.encode({ ...frame, codedHeight: 0 })).rejects.toThrow(/codedHeight is 0.*height 240/);
    await expect(encoder.encode({ ...frame, data: new Uint8Array(100) })).rejects.toThrow(
      "frame.data holds 100 bytes; a 320x240 I420 frame takes 115200.",
    );
    await expect(encoder.encode({ ...frame, format: "BGR" })).rejects.toThrow(/BGR frame takes 230400/);
    await expect(encoder.encode({ ...frame, format: "I444" as "I420" })).rejects.toThrow(/format is I444/);
    await expect(encoder.encode({ ...frame, timestamp: 0.5 })).rejects.toThrow(/timestamp is 0.5/);
    expect((await encoder.encode(frame))?.isKeyFrame).toBe(true);
    expect(encoder.stats().frames).toBe(1);
  });

  it("goes on after flush with a key frame and the bitrate that was set", async () => {
    using encoder = await createEncoder(options);
    await encodeSome(encoder, 0, 3);
    encoder.setBitrate(300_000);
    await encoder.flush();
    const after = await encodeSome(encoder, 3, 30);
    expect(keyFrames(after)).toEqual([0]);
    expect(bytesOf(after)).toBeLessThan(300_000 / 8 + 20_000);
  });

  it("rejects what waits when it is closed, and closes twice", async () => {
    const encoder = await createEncoder(options);
    const calls = [0, 1, 2].map((index) => encoder.encode(noisyFrame(index)));
    await calls[0];
    encoder.close();
    encoder.close();
    const results = await Promise.allSettled([...calls, encoder.encode(noisyFrame(3)), encoder.flush()]);
    const reasons = results.flatMap((result) => (result.status === "rejected" ? [result.reason] : []));
    expect(results[0]?.status).toBe("fulfilled");
    expect(reasons.length).toBeGreaterThanOrEqual(2);
    for (const reason of reasons) expect(reason).toMatchObject({ name: "EncoderError", code: "closed" });
    expect(reasons[0]).toBeInstanceOf(EncoderError);
  });
});

describe("createEncoder", () => {
  it("names the option that is wrong", async () => {
    const wrong: [Partial<Record<keyof EncoderOptions, unknown>>, RegExp][] = [
      [{ width: 321 }, /^width is 321/],
      [{ height: 0 }, /^height is 0/],
      [{ framerate: Number.NaN }, /^framerate is NaN/],
      [{ bitrate: 10 }, /^bitrate is 10/],
      [{ crf: 52 }, /^crf is 52/],
      [{ codec: "hevc" }, /^codec is hevc; it must be one of auto, h264_nvenc, libx264/],
      [{ preset: "warp" }, /^preset is warp/],
      [{ profile: "baseline" }, /^profile is baseline/],
      [{ keyFrameInterval: 0 }, /^keyFrameInterval is 0/],
      [{ backend: "gstreamer" }, /^backend is gstreamer/],
    ];
    for (const [change, message] of wrong) {
      await expect(createEncoder({ ...options, ...change } as EncoderOptions)).rejects.toThrow(message);
    }
  });

  it("opens every profile, preset and tune", async () => {
    for (const profile of ["constrained-baseline", "main", "high"] as const) {
      using encoder = await createEncoder({ ...options, profile, preset: "veryfast", tune: "animation" });
      const accessUnits = await encodeSome(encoder, 0, 3);
      expect(accessUnits).toHaveLength(3);
      const profileIdc = { "constrained-baseline": 66, main: 77, high: 100 }[profile];
      expect(accessUnits[0]?.nalUnits[0]?.[1]).toBe(profileIdc);
    }
  });

  it("takes pictures of another size from setResolution on, beginning with a key frame that says so", async () => {
    using encoder = await createEncoder(options);
    const before = encoder.encode(noisyFrame(0));
    encoder.setResolution(160, 120);
    expect(encoder.info).toMatchObject({ width: 160, height: 120 });
    await expect(encoder.encode(noisyFrame(1))).rejects.toThrow("codedWidth is 320");
    const data = new Uint8Array(160 * 120 * 1.5);
    const small = { data, format: "I420", codedWidth: 160, codedHeight: 120, timestamp: timestampOf(1) } as const;
    const units = [await before, await encoder.encode(small), await encoder.encode(small)] as AccessUnit[];
    expect(units.map(({ isKeyFrame }) => isKeyFrame)).toEqual([true, true, false]);
    const sizes = units.flatMap(({ nalUnits }) => nalUnits.filter((nal) => nalUnitType(nal) === NalUnitType.Sps));
    expect(sizes.map((sps) => parseSps(sps)).map(({ width, height }) => [width, height])).toEqual([
      [320, 240],
      [160, 120],
    ]);
    expect(() => encoder.setResolution(161, 120)).toThrow("width is 161");
  });

  it("scales the bitrate with the size, unless it was chosen", async () => {
    const { bitrate, ...unchosen } = options;
    for (const [made, expected] of [
      [unchosen, [207_360, 51_840]],
      [options, [bitrate, bitrate]],
    ] as const) {
      using encoder = await createEncoder(made);
      const first = encoder.stats().bitrate;
      encoder.setResolution(160, 120);
      expect([first, encoder.stats().bitrate]).toEqual(expected);
    }
  });

  it("refuses more pictures than may wait, and counts them", async () => {
    using encoder = await createEncoder({ ...options, maxQueued: 3 });
    const outcomes = await Promise.allSettled(
      Array.from({ length: 8 }, (_, index) => encoder.encode(noisyFrame(index))),
    );
    const refused = outcomes.filter(({ status }) => status === "rejected") as PromiseRejectedResult[];
    expect(refused.length).toBeGreaterThanOrEqual(4);
    for (const { reason } of refused) expect(reason).toMatchObject({ code: "queue-full" });
    expect(encoder.stats()).toMatchObject({ refused: refused.length, queued: 0 });
    expect(await encoder.encode(noisyFrame(8))).toMatchObject({ timestamp: timestampOf(8) });
  });

  it("claims the level that was asked for", async () => {
    using encoder = await createEncoder({ ...options, level: "4.1" });
    const unit = await encoder.encode(noisyFrame(0));
    const sps = unit?.nalUnits.find((nal) => nalUnitType(nal) === NalUnitType.Sps) as Uint8Array;
    expect(parseSps(sps).levelIdc).toBe(41);
  });

  it("keeps the preset ivs within what a stage takes", async () => {
    const preset = { ...options, width: 1280, height: 720, preset: "ivs" } as const;
    using encoder = await createEncoder({ ...preset, bitrate: 8_500_000 });
    expect(encoder.info).toMatchObject({ width: 1280, height: 720 });
    for (const [wrong, message] of [
      [{ width: 1920, height: 1080 }, "width and height are 1920x1080; the preset ivs takes at most 1280x720"],
      [{ bitrate: 9_000_000 }, "bitrate is 9000000; the preset ivs takes at most 8500000"],
      [{ keyFrameInterval: 4 }, "keyFrameInterval is 4; the preset ivs takes at most 2"],
      [{ framerate: 5 }, "framerate is 5; the preset ivs takes 10 to 60"],
      [{ profile: "high" }, "profile is high; the preset ivs takes constrained-baseline"],
    ] as const) {
      await expect(createEncoder({ ...preset, ...wrong })).rejects.toThrow(message);
    }
    expect(() => encoder.setResolution(1920, 1080)).toThrow("1920x1080");
  });
});
