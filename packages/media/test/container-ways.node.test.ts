import { readFile, writeFile } from "node:fs/promises";
import { deflateSync } from "node:zlib";
import { joinAnnexB } from "@inband/h264";
import { openBitstream } from "@inband/media";
import { inspect } from "@inband/media/inspect";
import { ffmpeg, needsFfmpeg } from "@inband/rig/ffmpeg";
import { folder } from "@inband/rig/test-folder";
import { describe, expect, it } from "vitest";
import { isoMedia } from "./iso-media.ts";
import { matroska } from "./matroska.ts";
import { configuration, pictures, samples } from "./pictures.ts";

const count = 15;

async function rules(file: string): Promise<string[]> {
  return (await inspect(file, { lint: true })).findings.map(({ rule }) => rule);
}

describe("inspect, of what containers call H.264", () => {
  it.for([
    ...["avc1", "avc2", "avc3", "avc4", "dvav", "dva1"],
    ...["H264", "h264", "X264", "x264", "DAVC", "VSSH", "ai12", "ai1q", "AVin"],
  ])("reads every picture of MP4 whose sample entry is %s", async (name, context) => {
    const path = await folder(context);
    const all = await pictures(128, 96, count);
    const entry = { name, configuration: configuration(all), width: 128, height: 96 };
    await writeFile(
      path("entry.mp4"),
      isoMedia(
        [entry],
        samples(all).map((data) => ({ data })),
      ),
    );
    const report = await inspect(path("entry.mp4"), { lint: true });
    expect(report).toMatchObject({ format: "mp4", accessUnits: count, findings: [] });
  });

  it.for([
    ["fragments behind a moov box with samples", ["-movflags", "frag_keyframe"]],
    ["fragments behind an empty moov box", ["-movflags", "frag_keyframe+empty_moov"]],
    ["fragments of CMAF", ["-movflags", "cmaf"]],
    ["a fragment for each picture", ["-movflags", "frag_every_frame+empty_moov+default_base_moof"]],
    ["fragments for each track, without offsets", ["-movflags", "frag_keyframe+separate_moof+omit_tfhd_offset"]],
    ["fragments with an index", ["-movflags", "frag_keyframe+dash+global_sidx"]],
    ["fragments and a late moov box", ["-movflags", "frag_keyframe+delay_moov"]],
    ["the moov box first", ["-movflags", "faststart"]],
  ] as const)("reads every picture of MP4 with %s", async ([_name, options], context) => {
    needsFfmpeg(context);
    const path = await folder(context);
    const { sps, pps, accessUnits } = await pictures(128, 96, count);
    await writeFile(path("in.h264"), joinAnnexB([...sps, ...pps, ...accessUnits.flat()]));
    const sound = ["-f", "lavfi", "-i", "sine=duration=0.6", "-c:a", "aac"];
    await ffmpeg("-r", "25", "-i", path("in.h264"), ...sound, "-c:v", "copy", ...options, path("out.mp4"));
    expect(await inspect(path("out.mp4"), { lint: true })).toMatchObject({ accessUnits: count, findings: [] });
    await ffmpeg("-r", "25", "-i", path("in.h264"), ...sound, "-c:v", "copy", ...options, path("out.mov"));
    expect(await inspect(path("out.mov"))).toMatchObject({ format: "mov", accessUnits: count, findings: [] });
  });

  it("reads H.264 in Matroska under the name of Video for Windows", async (context) => {
    const path = await folder(context);
    const { sps, pps, accessUnits } = await pictures(128, 96, count);
    // BITMAPINFOHEADER: its size, width, height, planes and bits, the FourCC, and what does not matter.
    const header = Buffer.alloc(40);
    for (const [at, value] of [
      [0, 40],
      [4, 128],
      [8, 96],
      [12, 0x18_0001],
    ] as const)
      header.writeUInt32LE(value, at);
    header.write("H264", 16, "latin1");
    const blocks = accessUnits.map((nalUnits, index) =>
      joinAnnexB([...(index === 0 ? [...sps, ...pps] : []), ...nalUnits]),
    );
    const track = { codecId: "V_MS/VFW/FOURCC", codecPrivate: header, width: 128, height: 96 };
    await writeFile(path("vfw.mkv"), matroska(track, blocks));
    expect(await inspect(path("vfw.mkv"), { lint: true })).toMatchObject({
      format: "mkv",
      accessUnits: count,
      findings: [],
    });
  });

  it.for(["zlib", "none", "header"])("reads Matroska, compression of blocks: %s", async (kind, context) => {
    const path = await folder(context);
    const all = await pictures(128, 96, count);
    const track = { codecId: "V_MPEG4/ISO/AVC", codecPrivate: configuration(all), width: 128, height: 96 };
    const header = Uint8Array.of(0, 0);
    const compression =
      kind === "none"
        ? {}
        : { compression: kind === "zlib" ? { algorithm: 0 as const } : { algorithm: 3 as const, header } };
    const blocks = samples(all).map((sample) => {
      if (kind === "header") return sample.subarray(header.length);
      return kind === "zlib" ? deflateSync(sample) : sample;
    });
    await writeFile(path("blocks.mkv"), matroska({ ...track, ...compression }, blocks));
    expect(await inspect(path("blocks.mkv"), { lint: true })).toMatchObject({
      format: "mkv",
      accessUnits: count,
      findings: [],
    });
  });

  it("ends at an element of Matroska whose size has no length", async (context) => {
    const path = await folder(context);
    const all = await pictures(128, 96, count);
    const track = { codecId: "V_MPEG4/ISO/AVC", codecPrivate: configuration(all), width: 128, height: 96 };
    for (const id of ["1654ae6b", "1f43b675"]) {
      const file = Buffer.from(matroska(track, samples(all)));
      file.fill(0, file.indexOf(Buffer.from(id, "hex")) + 4, file.indexOf(Buffer.from(id, "hex")) + 8);
      await writeFile(path("broken.mkv"), file);
      expect((await inspect(path("broken.mkv"))).findings).not.toEqual([]);
    }
  });

  it("reads every picture of fragments whose time begins again", async (context) => {
    needsFfmpeg(context);
    const path = await folder(context);
    const { sps, pps, accessUnits } = await pictures(128, 96, count);
    await writeFile(path("in.h264"), joinAnnexB([...sps, ...pps, ...accessUnits.flat()]));
    const options = ["-movflags", "frag_keyframe+empty_moov+default_base_moof+skip_trailer"];
    await ffmpeg("-r", "25", "-i", path("in.h264"), "-c", "copy", ...options, path("once.mp4"));
    const file = await readFile(path("once.mp4"));
    const fragments = file.subarray(file.indexOf("moof") - 4);
    await writeFile(path("thrice.mp4"), Buffer.concat([file, fragments, fragments]));
    expect(await inspect(path("thrice.mp4"))).toMatchObject({ accessUnits: 3 * count, findings: [] });
  });

  it("says that a second moov box is not read", async (context) => {
    const path = await folder(context);
    const all = await pictures(128, 96, count);
    const entry = { name: "avc1", configuration: configuration(all), width: 128, height: 96 };
    const file = isoMedia(
      [entry],
      samples(all).map((data) => ({ data })),
    );
    await writeFile(path("twice.mp4"), Buffer.concat([file, file]));
    expect(await rules(path("twice.mp4"))).toContain("several-moov");
  });

  it("says what FFmpeg finds too where there is no H.264", async (context) => {
    needsFfmpeg(context);
    const path = await folder(context);
    const source = ["-f", "lavfi", "-i", "testsrc2=duration=0.2"];
    await ffmpeg(...source, "-c:v", "mpeg4", path("other.mkv"));
    await ffmpeg(...source, "-c:v", "libvpx", path("other.webm"));
    expect(await rules(path("other.mkv"))).toContain("not-h264");
    expect((await openBitstream(path("other.webm"))).findings).toMatchObject([
      { message: "The video is vp8, not H.264" },
    ]);
  });
});
