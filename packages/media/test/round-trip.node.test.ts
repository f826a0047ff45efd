import { createHash } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { type AccessUnit, joinAnnexB, type MediaPacket, NalUnitType, nalUnitType } from "@inband/h264";
import { createEncoder, type RawFrame } from "@inband/h264/encoder";
import { openSource } from "@inband/media";
import { decodeFrames, readFrameNumber } from "@inband/media/frames";
import { encodedPictures } from "@inband/rig/encoded-pictures";
import { ffmpeg, ffprobePackets, needsFfmpeg } from "@inband/rig/ffmpeg";
import { folder } from "@inband/rig/test-folder";
import { describe, expect, it } from "vitest";

const picture = { width: 640, height: 360, framerate: 30 };

function encodeTestPictures(frames: number, bitrate = 800_000): Promise<AccessUnit[]> {
  return encodedPictures({ ...picture, frames, bitrate, keyFrameInterval: 1 });
}

async function* each<T>(items: Iterable<T>): AsyncGenerator<T, void, undefined> {
  yield* items;
}

async function numbers(frames: AsyncIterable<RawFrame>): Promise<[number | undefined, number][]> {
  const seen: [number | undefined, number][] = [];
  for await (const frame of frames) seen.push([readFrameNumber(frame), frame.timestamp]);
  return seen;
}

/** The type and the digest of each NAL unit; containers add or remove access unit delimiters. */
function content({ nalUnits }: AccessUnit): string[] {
  const kept = nalUnits.filter((nal) => nalUnitType(nal) !== NalUnitType.AccessUnitDelimiter);
  return kept.map((nal) => `${nalUnitType(nal)} ${createHash("sha256").update(nal).digest("hex")}`);
}

function isVideo(packet: MediaPacket): packet is AccessUnit {
  return packet.kind === "video";
}

const expected = Array.from({ length: 60 }, (_, index) => [index, Math.round((index * 1_000_000) / 30)]);

describe("the number of a test picture", () => {
  it("survives encoding and decoding on its own frame", async () => {
    const accessUnits = await encodeTestPictures(60);
    expect(accessUnits).toHaveLength(60);
    expect(await numbers(decodeFrames(each(accessUnits)))).toEqual(expected);
  });

  it("survives a starved encoder and a decoder that scales down", async () => {
    const accessUnits = await encodeTestPictures(60, 120_000);
    expect(await numbers(decodeFrames(each(accessUnits), { maxWidth: 160 }))).toEqual(expected);
  });
});

describe("the way through a file that the ffmpeg program wrote", () => {
  it.for(["mp4", "flv", "ts", "mkv"])(
    "gives the same NAL units, times and pictures from .%s",
    async (kind, context) => {
      needsFfmpeg(context);
      const path = await folder(context);
      const accessUnits = await encodeTestPictures(60);
      await writeFile(path("in.h264"), joinAnnexB(accessUnits.flatMap(({ nalUnits }) => nalUnits)));
      const file = path(`out.${kind}`);
      await ffmpeg("-r", "30", "-i", path("in.h264"), "-c", "copy", file);

      await using source = await openSource(file);
      expect(source.info.video).toMatchObject({ codec: "h264", width: 640, height: 360 });
      const read: AccessUnit[] = [];
      for await (const packet of source) if (isVideo(packet)) read.push(packet);
      expect(read.map(content)).toEqual(accessUnits.map(content));
      expect(read.map(({ isKeyFrame }) => isKeyFrame)).toEqual(accessUnits.map(({ isKeyFrame }) => isKeyFrame));
      for (const [index, { timestamp }] of read.entries()) {
        expect(Math.abs(timestamp - Math.round((index * 1_000_000) / 30))).toBeLessThanOrEqual(1000);
      }

      await using again = await openSource(file);
      const seen = await numbers(decodeFrames(again));
      expect(seen.map(([number]) => number)).toEqual(expected.map(([number]) => number));
      expect(seen.map(([, timestamp]) => timestamp)).toEqual(read.map(({ timestamp }) => timestamp));
    },
  );

  it("puts the SPS and PPS of an MP4 in band, and keeps the order of B-frames", async (context) => {
    needsFfmpeg(context);
    const path = await folder(context);
    const file = path("b-frames.mp4");
    const video = ["-f", "lavfi", "-i", "testsrc2=size=320x240:rate=30:duration=2"];
    const sound = ["-f", "lavfi", "-i", "sine=duration=2", "-c:a", "aac"];
    await ffmpeg(...video, ...sound, "-c:v", "libx264", "-bf", "2", "-g", "30", "-pix_fmt", "yuv420p", file);

    await using source = await openSource(file);
    const packets: MediaPacket[] = [];
    for await (const packet of source) packets.push(packet);
    const read = packets.filter(isVideo);
    const probed = await ffprobePackets(file);
    const first = Math.min(...probed.map(({ pts_time }) => Number(pts_time)));
    const times = (time: string | undefined): number => Math.round((Number(time) - first) * 1e6);

    for (const [kind, tolerance] of [["video", 2] as const, ["audio", 2] as const]) {
      const ours = packets.filter((packet) => packet.kind === kind);
      const theirs = probed.filter(({ codec_type }) => codec_type === kind);
      expect(ours).toHaveLength(theirs.length);
      for (const [index, packet] of ours.entries()) {
        expect(Math.abs(packet.timestamp - times(theirs[index]?.pts_time))).toBeLessThanOrEqual(tolerance);
        if (packet.kind === "audio") continue;
        const dts = packet.decodeTimestamp ?? packet.timestamp;
        expect(Math.abs(dts - times(theirs[index]?.dts_time))).toBeLessThanOrEqual(tolerance);
      }
    }
    expect(Math.min(...packets.map(({ timestamp }) => timestamp))).toBe(0);
    expect(read.some(({ timestamp, decodeTimestamp }) => (decodeTimestamp ?? timestamp) < timestamp)).toBe(true);
    for (const { isKeyFrame, nalUnits } of read) {
      const types = nalUnits.map(nalUnitType);
      expect(types.slice(0, 2)).toEqual(isKeyFrame ? [NalUnitType.Sps, NalUnitType.Pps] : types.slice(0, 2));
      expect(types.includes(NalUnitType.Sps)).toBe(isKeyFrame);
    }
    expect(read.filter(({ isKeyFrame }) => isKeyFrame)).toHaveLength(2);

    const decoded = await numbers(decodeFrames(each(packets)));
    expect(decoded.map(([, timestamp]) => timestamp)).toEqual(
      read.map(({ timestamp }) => timestamp).toSorted((a, b) => a - b),
    );
  });

  it("decodes what is not H.264, and says so", async (context) => {
    needsFfmpeg(context);
    const path = await folder(context);
    const file = path("vp8.webm");
    const accessUnits = await encodeTestPictures(30, 2_000_000);
    await writeFile(path("in.h264"), joinAnnexB(accessUnits.flatMap(({ nalUnits }) => nalUnits)));
    await ffmpeg(
      "-r",
      "30",
      "-i",
      path("in.h264"),
      "-c:v",
      "libvpx",
      "-deadline",
      "realtime",
      "-cpu-used",
      "8",
      "-b:v",
      "2M",
      file,
    );

    await using source = await openSource(file);
    expect(source.info.video.codec).toBe("vp8");
    await expect(source[Symbol.asyncIterator]().next()).rejects.toMatchObject({ name: "MediaError", code: "not-h264" });

    await using again = await openSource(file);
    const seen = await numbers(decodeFrames(again, { width: 320 }));
    expect(seen.map(([number]) => number)).toEqual(Array.from({ length: 30 }, (_, index) => index));
  });

  it("reads an elementary stream, which has no times, by its frame rate", async (context) => {
    needsFfmpeg(context);
    const path = await folder(context);
    const accessUnits = await encodeTestPictures(30);
    const file = path("in.h264");
    await writeFile(file, joinAnnexB(accessUnits.flatMap(({ nalUnits }) => nalUnits)));
    await using source = await openSource(file);
    const read: AccessUnit[] = [];
    for await (const packet of source) if (isVideo(packet)) read.push(packet);
    expect(read.map(content)).toEqual(accessUnits.map(content));
    expect(read.map(({ timestamp }) => timestamp)).toEqual(accessUnits.map(({ timestamp }) => timestamp));
    await using again = await openSource(file);
    expect(await numbers(decodeFrames(again))).toEqual(expected.slice(0, 30));
  });
});

describe("colours", () => {
  it("come out of every format as they went in", async () => {
    const size = { width: 64, height: 64, framerate: 30 };
    const red = { BGR: [0, 0, 255], BGRA: [0, 0, 255, 255], RGBA: [255, 0, 0, 255] };
    for (const [format, pixel] of Object.entries(red)) {
      using encoder = await createEncoder({ ...size, codec: "libx264", bitrate: 2_000_000 });
      const data = new Uint8Array(64 * 64 * pixel.length).map((_, index) => pixel[index % pixel.length] ?? 0);
      const frame = { data, format: format as RawFrame["format"], codedWidth: 64, codedHeight: 64, timestamp: 0 };
      const accessUnit = await encoder.encode(frame);
      for await (const decoded of decodeFrames(each(accessUnit === undefined ? [] : [accessUnit]))) {
        const [y = 0, u = 0, v = 0] = [2080, 64 * 64 + 528, 64 * 64 * 1.25 + 528].map((at) => decoded.data[at]);
        // Red in limited range BT.601 is 81, 90, 240.
        expect(Math.abs(y - 81) + Math.abs(u - 90) + Math.abs(v - 240), format).toBeLessThan(12);
      }
    }
  });
});
