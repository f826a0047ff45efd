import { writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type AccessUnit, joinAnnexB, type MediaPacket } from "@inband/h264";
import { createEncoder } from "@inband/h264/encoder";
import { type MediaSource, openSource } from "@inband/media";
import { decodeFrames, readFrameNumber, testPicture } from "@inband/media/frames";
import { inspect } from "@inband/media/inspect";
import { encodedPictures } from "@inband/rig/encoded-pictures";
import { ffmpeg, needsFfmpeg } from "@inband/rig/ffmpeg";
import { folder } from "@inband/rig/test-folder";
import { describe, expect, it, type TestContext } from "vitest";

const frames = 12;

/** A file of 12 numbered pictures, 0.4 s, with Opus sound beside them. */
async function shortFile(context: TestContext, name = "short.mkv"): Promise<string> {
  needsFfmpeg(context);
  const path = await folder(context);
  const size = { width: 320, height: 240, framerate: 30 };
  const accessUnits = await encodedPictures({ ...size, frames, bitrate: 500_000 });
  await writeFile(path("in.h264"), joinAnnexB(accessUnits.flatMap(({ nalUnits }) => nalUnits)));
  const sound = ["-f", "lavfi", "-i", "sine=duration=0.4", "-c:a", /\.(ts|flv)$/.test(name) ? "aac" : "libopus"];
  await ffmpeg("-r", "30", "-i", path("in.h264"), ...sound, "-c:v", "copy", path(name));
  return path(name);
}

async function take(source: MediaSource, count: number): Promise<MediaPacket[]> {
  const packets: MediaPacket[] = [];
  for await (const packet of source) {
    packets.push(packet);
    if (packets.length === count) break;
  }
  return packets;
}

describe("openSource", () => {
  it("refuses an option that it does not have, as inspect does", async () => {
    const misspelt = { realTime: true, lints: true } as object;
    await expect(openSource("/nowhere/clip.mp4", misspelt)).rejects.toThrow("realTime: no such option, expected loop");
    await expect(inspect("/nowhere/clip.mp4", misspelt)).rejects.toThrow("realTime: no such option, expected lint");
  });

  it("says in one sentence that a file is missing", async () => {
    const error = await openSource("/nowhere/clip.mp4").catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      name: "MediaError",
      code: "not-found",
      input: "/nowhere/clip.mp4",
      message: 'There is no file "/nowhere/clip.mp4".',
    });
    await expect(openSource("file:///nowhere/clip.mp4")).rejects.toMatchObject({ code: "not-found" });
  });

  it("tells what cannot be read from what holds no video", async (context) => {
    const path = await folder(context);
    await writeFile(path("noise.mp4"), new Uint8Array(5000).fill(7));
    await writeFile(path("empty.mp4"), "");
    for (const name of ["noise.mp4", "empty.mp4"]) {
      await expect(openSource(path(name))).rejects.toMatchObject({ code: "unreadable", input: path(name) });
    }
    await expect(openSource(import.meta.dirname)).rejects.toMatchObject({ code: "unreadable" });
    await expect(openSource("")).rejects.toThrow(TypeError);
    needsFfmpeg(context);
    await ffmpeg("-f", "lavfi", "-i", "sine=duration=0.2", path("sound.wav"));
    await expect(openSource(path("sound.wav"))).rejects.toMatchObject({ code: "no-video" });
  });

  it("describes the video and the sound, and gives both", async (context) => {
    await using source = await openSource(await shortFile(context));
    expect(source.info).toMatchObject({
      video: { codec: "h264", width: 320, height: 240 },
      audio: { codec: "opus", sampleRate: 48000, channels: 1 },
    });
    expect(new TextDecoder().decode(source.info.audio?.config?.subarray(0, 8))).toBe("OpusHead");
    const packets = await take(source, Number.POSITIVE_INFINITY);
    expect(packets.filter(({ kind }) => kind === "video")).toHaveLength(frames);
    const sound = packets.filter((packet) => packet.kind === "audio");
    expect(sound.length).toBeGreaterThan(15);
    expect(sound.every(({ codec, data }) => codec === "opus" && data.length > 0)).toBe(true);
  });

  it.for(["short.mkv", "short.mp4", "short.ts", "short.flv"])(
    "loops %s with rising times and whole passes",
    async (name, context) => {
      const source = await openSource(await shortFile(context, name), {
        loop: true,
      });
      const video: AccessUnit[] = [];
      const last = { video: -1, audio: -1 };
      for await (const packet of source) {
        expect(Number.isSafeInteger(packet.timestamp)).toBe(true);
        expect(packet.timestamp).toBeGreaterThan(last[packet.kind]);
        last[packet.kind] = packet.timestamp;
        if (packet.kind === "video" && video.push(packet) === frames * 3) break;
      }
      expect(video.flatMap(({ isKeyFrame }, index) => (isKeyFrame ? [index] : []))).toEqual([0, frames, frames * 2]);
      const first = video[0]?.timestamp ?? 0;
      const pass = (video[frames]?.timestamp ?? 0) - first;
      expect(pass).toBeGreaterThanOrEqual(399_000);
      expect(pass).toBeLessThan(450_000);
      expect((video[frames * 2]?.timestamp ?? 0) - first).toBe(pass * 2);
    },
  );

  it("loops decoded pictures without losing one at the seam", async (context) => {
    await using source = await openSource(await shortFile(context), { loop: true });
    const numbers: (number | undefined)[] = [];
    let last = -1;
    for await (const frame of decodeFrames(source)) {
      expect(frame.timestamp).toBeGreaterThan(last);
      last = frame.timestamp;
      if (numbers.push(readFrameNumber(frame)) === frames * 3) break;
    }
    expect(numbers).toEqual(Array.from({ length: frames * 3 }, (_, index) => index % frames));
  });

  it("never runs ahead of the clock in real time", async (context) => {
    await using source = await openSource(await shortFile(context), { realtime: true });
    let start: { atMs: number; time: number } | undefined;
    for await (const packet of source) {
      const time = packet.timestamp;
      start ??= { atMs: performance.now(), time };
      const elapsed = (performance.now() - start.atMs) * 1000;
      expect(elapsed).toBeGreaterThanOrEqual(time - start.time - 1000);
    }
  });

  it("throws the reason of its signal, before and while it is read", async (context) => {
    const file = await shortFile(context);
    const reason = new Error("enough");
    await expect(openSource(file, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    for (const options of [{ loop: true }, { loop: true, realtime: true }]) {
      const controller = new AbortController();
      const source = await openSource(file, { ...options, signal: controller.signal });
      let seen = 0;
      const reading = (async () => {
        for await (const _ of source) if (++seen === 5) controller.abort(reason);
      })();
      await expect(reading).rejects.toBe(reason);
      expect(seen).toBe(5);
      await source.close();
    }
  });

  it("stops waiting for a server that stays silent when its signal is aborted", async (context) => {
    const server = createServer(() => undefined);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    context.onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    const controller = new AbortController();
    const reason = new Error("enough");
    server.once("request", () => controller.abort(reason));
    const { port } = server.address() as AddressInfo;
    await expect(openSource(`http://127.0.0.1:${port}/a`, { signal: controller.signal })).rejects.toBe(reason);
  });

  it("is closed by leaving the loop, and closes twice", async (context) => {
    const source = await openSource(await shortFile(context));
    expect(await take(source, 3)).toHaveLength(3);
    await expect(take(source, 1)).rejects.toMatchObject({ code: "closed" });
    await source.close();
    await source.close();
  });

  it("ends its loop when it is closed from elsewhere", async (context) => {
    const source = await openSource(await shortFile(context), { loop: true });
    let seen = 0;
    for await (const _ of source) if (++seen === 40) void source.close();
    expect(seen).toBe(40);
  });
});

describe("decodeFrames", () => {
  it("makes pictures of the size that is asked for", async (context) => {
    const file = await shortFile(context);
    const sizes = [
      [{}, 320, 240],
      [{ width: 160, height: 100 }, 160, 100],
      [{ height: 120 }, 160, 120],
      [{ maxWidth: 101 }, 100, 74],
      [{ maxWidth: 1000, maxHeight: 90 }, 120, 90],
      [{ maxWidth: 4000, maxHeight: 4000 }, 320, 240],
    ] as const;
    for (const [options, width, height] of sizes) {
      await using source = await openSource(file);
      for await (const frame of decodeFrames(source, options)) {
        expect(frame).toMatchObject({ format: "I420", codedWidth: width, codedHeight: height, timestamp: 0 });
        expect(frame.data).toHaveLength((width * height * 3) / 2);
        break;
      }
    }
    for (const name of ["width", "height", "maxWidth", "maxHeight"] as const) {
      expect(() => decodeFrames({} as MediaSource, { [name]: 1 })).toThrow(
        new RegExp(`^${name}: expected an even number .*, got 1$`),
      );
    }
  });

  it("passes over packets that cannot be decoded", async () => {
    const size = { width: 320, height: 240, framerate: 30 };
    using encoder = await createEncoder({ ...size, codec: "libx264", keyFrameInterval: 0.1 });
    async function* damaged(): AsyncGenerator<MediaPacket, void, undefined> {
      let index = 0;
      for await (const frame of testPicture({ ...size, frames: 30 })) {
        const accessUnit = await encoder.encode(frame);
        if (accessUnit === undefined) continue;
        const broken = index++ === 4 ? [new Uint8Array([0x65, 0xff, 0, 0, 3, 9])] : accessUnit.nalUnits;
        yield { ...accessUnit, nalUnits: broken };
      }
    }
    const numbers: (number | undefined)[] = [];
    for await (const frame of decodeFrames(damaged())) numbers.push(readFrameNumber(frame));
    expect(numbers.slice(-24)).toEqual(Array.from({ length: 24 }, (_, index) => index + 6));
  });
});
