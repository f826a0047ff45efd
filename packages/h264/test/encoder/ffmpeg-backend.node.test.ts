import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { promisify } from "node:util";
import { NalUnitType, nalUnitType } from "@inband/h264";
import {
  createEncoder,
  type EncoderOptions,
  listEncoders,
  type RawFrame,
  rawFrameByteLength,
} from "@inband/h264/encoder";
import { isInstalled } from "@inband/rig/program";
import { beforeEach, describe, expect, it } from "vitest";

const size = { width: 320, height: 240, framerate: 30 };
const options: EncoderOptions = { ...size, codec: "libx264", backend: "ffmpeg", bitrate: 500_000 };

function frame(index: number, format: RawFrame["format"] = "I420"): RawFrame {
  const data = new Uint8Array(rawFrameByteLength(format, 320, 240));
  for (let at = 0; at < data.length; at++) data[at] = 64 + (Math.imul(at + index * 31, 2_654_435_761) >>> 27);
  return { data, format, codedWidth: 320, codedHeight: 240, timestamp: index * 33_333 };
}

describe("the ffmpeg program as an encoder", () => {
  beforeEach((context) => {
    if (!isInstalled("ffmpeg")) context.skip("not installed: ffmpeg");
  });

  it("gives one access unit for each picture, at once, with its timestamp", async () => {
    using encoder = await createEncoder(options);
    expect(encoder.info).toMatchObject({ used: "libx264", backend: "ffmpeg", hardware: false });
    for (let index = 0; index < 70; index++) {
      const accessUnit = await encoder.encode(frame(index));
      expect(accessUnit).toMatchObject({ timestamp: index * 33_333, isKeyFrame: index === 0 || index === 60 });
      if (accessUnit?.isKeyFrame) {
        const types = accessUnit.nalUnits.map(nalUnitType);
        expect(types).toEqual(expect.arrayContaining([NalUnitType.Sps, NalUnitType.Pps, NalUnitType.SliceIdr]));
      }
    }
    expect(await encoder.flush()).toEqual([]);
    expect(await encoder.encode(frame(70))).toMatchObject({ isKeyFrame: true });
  });

  it("begins anew for a key frame on request, for another bitrate, for another format and for another size", async () => {
    using encoder = await createEncoder(options);
    const keyFrames: number[] = [];
    const encode = async (index: number, picture = frame(index)) => {
      const accessUnit = await encoder.encode(picture);
      if (accessUnit?.isKeyFrame) keyFrames.push(index);
    };
    for (let index = 0; index < 10; index++) {
      if (index === 3) encoder.requestKeyFrame();
      if (index === 5) encoder.setBitrate(200_000);
      await encode(index, frame(index, index < 7 ? "I420" : "BGR"));
    }
    encoder.setResolution(160, 120);
    const data = new Uint8Array(160 * 120 * 1.5);
    await encode(10, { data, format: "I420", codedWidth: 160, codedHeight: 120, timestamp: 400_000 });
    expect(keyFrames).toEqual([0, 3, 5, 7, 10]);
    expect(encoder.stats()).toMatchObject({ frames: 11, accessUnits: 11, keyFrames: 5, bitrate: 200_000 });
  });

  it("goes on after its program was killed, and loses that picture alone", async (context) => {
    if (!existsSync("/proc/self/task")) context.skip("which process is the program is only known where there is /proc");
    using encoder = await createEncoder(options);
    await encoder.encode(frame(0));
    const children = readFileSync(`/proc/${process.pid}/task/${process.pid}/children`, "utf8").trim().split(" ");
    const pid = children.find((child) => readFileSync(`/proc/${child}/comm`, "utf8") === "ffmpeg\n");
    process.kill(Number(pid), "SIGKILL");
    const outcomes = await Promise.allSettled([1, 2, 3].map((index) => encoder.encode(frame(index))));
    const lost = outcomes.filter(({ status }) => status === "rejected");
    expect(lost.length).toBeLessThanOrEqual(1);
    for (const { reason } of lost as PromiseRejectedResult[]) {
      expect(reason).toMatchObject({ name: "EncoderError", code: "encode-failed", message: /SIGKILL/ });
    }
    expect(await encoder.encode(frame(4))).toMatchObject({ timestamp: 4 * 33_333 });
  });

  it("says in the encoder's own words why one does not open, and takes the next", async () => {
    const [nvenc, x264] = await listEncoders({ backend: "ffmpeg" });
    expect(x264).toEqual({ codec: "libx264", backend: "ffmpeg", hardware: false, available: true });
    expect(nvenc?.reason ?? "available").toMatch(/\w+/);
    using encoder = await createEncoder({ ...size, backend: "ffmpeg" });
    expect(encoder.info.used).toBe(nvenc?.available ? "h264_nvenc" : "libx264");
  });
});

it("without the ffmpeg program its backend says what is missing", async () => {
  const script = `
    import { createEncoder } from "@inband/h264/encoder";
    const options = ${JSON.stringify({ ...size, backend: "ffmpeg" })};
    console.log(await createEncoder(options).catch(({ code, message }) => code + ": " + message));`;
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ["--conditions=@inband/source", "--input-type=module", "--eval", script],
    { cwd: import.meta.dirname, env: { PATH: "/nowhere" } },
  );
  expect(stdout).toMatch(/^unavailable: The program ffmpeg is not installed/);
});
