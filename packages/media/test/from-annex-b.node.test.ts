import { spawn } from "node:child_process";
import { type AccessUnit, joinAnnexB, nalUnitType, parseSps } from "@inband/h264";
import { fromAnnexB } from "@inband/media";
import { needsFfmpeg } from "@inband/rig/ffmpeg";
import { afterEach, describe, expect, it, vi } from "vitest";

const sps = Uint8Array.of(0x67, 0x42, 0xe0, 0x0a, 0x96, 0x52, 0x85, 0x89, 0xc8);
const pps = Uint8Array.of(0x68, 0xce, 0x38, 0x80);
const idr = Uint8Array.of(0x65, 0x88, 0x80, 0x40, 0x3f, 0xff);
/** A picture that begins with macroblock 0, and nothing that tells it from the one before but that. */
const picture = Uint8Array.of(0x41, 0x9a, 0x26, 0x3f, 0xff);

afterEach(() => {
  vi.restoreAllMocks();
});

async function all(source: AsyncIterable<AccessUnit>): Promise<AccessUnit[]> {
  const accessUnits: AccessUnit[] = [];
  for await (const accessUnit of source) accessUnits.push(accessUnit);
  return accessUnits;
}

const typesOf = ({ nalUnits }: AccessUnit): number[] => nalUnits.map(nalUnitType);

/** Holds the clock; `at` sets it. */
function clock(): { at(ms: number): void } {
  const now = vi.spyOn(performance, "now").mockReturnValue(0);
  return { at: (ms) => void now.mockReturnValue(ms) };
}

describe("fromAnnexB", () => {
  it("takes what ffmpeg writes into a pipe: whole access units with rising times, key frames with their sets", async (context) => {
    needsFfmpeg(context);
    const input = "-v error -f lavfi -i testsrc=size=320x180:rate=25 -frames:v 50";
    const encoder = "-c:v libx264 -preset ultrafast -tune zerolatency -pix_fmt yuv420p -g 25 -f h264 -";
    const ffmpeg = spawn("ffmpeg", `${input} ${encoder}`.split(" "));
    const accessUnits = await all(fromAnnexB(ffmpeg.stdout, { framerate: 25 }));
    expect(accessUnits).toHaveLength(50);
    const { kind, codec, timestamp } = accessUnits[0] as AccessUnit;
    expect({ kind, codec, timestamp }).toEqual({ kind: "video", codec: "h264", timestamp: 0 });
    expect(accessUnits.flatMap(({ isKeyFrame }, index) => (isKeyFrame ? [index] : []))).toEqual([0, 25]);
    for (const accessUnit of accessUnits.filter(({ isKeyFrame }) => isKeyFrame)) {
      expect(typesOf(accessUnit)).toEqual(expect.arrayContaining([7, 8, 5]));
      const found = accessUnit.nalUnits.find((nal) => nalUnitType(nal) === 7) as Uint8Array;
      expect(parseSps(found)).toMatchObject({ width: 320, height: 180 });
    }
    for (const [index, { timestamp: at }] of accessUnits.entries()) {
      expect(Number.isInteger(at)).toBe(true);
      if (index > 0) expect(at - (accessUnits[index - 1] as AccessUnit).timestamp).toBeGreaterThanOrEqual(39_999);
    }
  });

  it("counts by the frame rate while the source keeps it, without drift where that is no whole number", async () => {
    clock();
    const stream = joinAnnexB([sps, pps, idr, ...new Array<Uint8Array>(30_000).fill(picture)]);
    const accessUnits = await all(fromAnnexB([stream], { framerate: 30_000 / 1001 }));
    expect(accessUnits).toHaveLength(30_001);
    expect(accessUnits.at(-1)?.timestamp).toBe(1_001_000_000);
  });

  it("follows the clock where the source stands still or is slower than it was asked to be", async () => {
    const { at } = clock();
    async function* source(): AsyncGenerator<Uint8Array> {
      yield joinAnnexB([sps, pps, idr]);
      for (let index = 1; index <= 200; index += 1) {
        // 10 pictures in a second where 20 were meant, and a pause of 5 seconds.
        at(index * 100 + (index > 100 ? 5000 : 0));
        yield joinAnnexB([picture]);
      }
    }
    const times = (await all(fromAnnexB(source(), { framerate: 20 }))).map(({ timestamp }) => timestamp / 1000);
    const steps = times.map((ms, index) => ms - (times[index - 1] ?? ms));
    expect(Math.min(...steps.slice(1))).toBeGreaterThanOrEqual(49.9);
    // Each is handed on when the next one begins.
    const begun = 199 * 100 + 5000;
    expect(times.at(-2)).toBeGreaterThan(begun - 600);
    expect(times.at(-2)).toBeLessThanOrEqual(begun);
    expect(Math.max(...steps)).toBeLessThan(1000);
  });

  it("gives a key frame the parameter sets that came before, where it brings none", async () => {
    const stream = joinAnnexB([sps, pps, idr, picture, Uint8Array.of(9, 0x10), idr, picture]);
    const accessUnits = await all(fromAnnexB([stream.subarray(0, 20), stream.subarray(20)], { framerate: 30 }));
    expect(accessUnits.map(typesOf)).toEqual([[7, 8, 5], [1], [9, 7, 8, 5], [1]]);
  });

  it("says what it expects in place of a process, of text and of no frame rate", async () => {
    const process = { stdout: [] };
    // @ts-expect-error: the process instead of what it writes
    expect(() => fromAnnexB(process, { framerate: 30 })).toThrow(
      /^chunks: expected .* as the stdout of a process does$/,
    );
    // @ts-expect-error: nothing
    expect(() => fromAnnexB(undefined, { framerate: 30 })).toThrow(TypeError);
    // @ts-expect-error: no options
    expect(() => fromAnnexB([])).toThrow(/^framerate: expected 0.1 to 1000 access units in a second, got undefined$/);
    expect(() => fromAnnexB([], { framerate: Number.NaN })).toThrow(RangeError);
    // @ts-expect-error: a stream with an encoding
    await expect(all(fromAnnexB(["text"], { framerate: 30 }))).rejects.toThrow(
      /^chunks: expected Uint8Array, got string/,
    );
  });

  it("ends with an error of the source, and lets go of a source that nobody reads any more", async () => {
    let isDone = false;
    async function* source(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) yield joinAnnexB([sps, pps, idr]);
      } finally {
        isDone = true;
      }
    }
    for await (const _ of fromAnnexB(source(), { framerate: 30 })) break;
    expect(isDone).toBe(true);
    // biome-ignore lint/correctness/useYield: a source that breaks at once
    async function* broken(): AsyncGenerator<Uint8Array> {
      throw new Error("the pipe broke");
    }
    await expect(all(fromAnnexB(broken(), { framerate: 30 }))).rejects.toThrow("the pipe broke");
  });
});
