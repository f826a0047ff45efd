import { readFile, truncate, writeFile } from "node:fs/promises";
import { buildUserDataSei, insertSei, joinAnnexB, joinAvcc, NalUnitType, nalUnitType, splitAnnexB } from "@inband/h264";
import { H264Payloader } from "@inband/h264/rtp";
import { type Bitstream, openBitstream } from "@inband/media";
import { encodedPictures } from "@inband/rig/encoded-pictures";
import { ffmpeg, needsFfmpeg } from "@inband/rig/ffmpeg";
import { folder } from "@inband/rig/test-folder";
import { beforeAll, describe, expect, it } from "vitest";
import { transportStream } from "./transport-stream.ts";

const size = { width: 320, height: 240, framerate: 30 };

interface Read {
  readonly bitstream: Bitstream;
  readonly nalUnits: Uint8Array[];
  readonly rules: string[];
}

async function read(input: string): Promise<Read> {
  const bitstream = await openBitstream(input);
  const nalUnits: Uint8Array[] = [];
  for await (const group of bitstream) nalUnits.push(...group.nalUnits.map((nal) => nal.slice()));
  return { bitstream, nalUnits, rules: bitstream.findings.map(({ rule }) => rule) };
}

const isSet = (nal: Uint8Array): boolean =>
  nalUnitType(nal) === NalUnitType.Sps || nalUnitType(nal) === NalUnitType.Pps;

describe("openBitstream", () => {
  /** Twelve access units, each with 3000 bytes of user data. */
  const accessUnits: (readonly Uint8Array[])[] = [];
  let nalUnits: readonly Uint8Array[] = [];
  let byteStream: Uint8Array;

  beforeAll(async () => {
    for (const [number, encoded] of (await encodedPictures({ ...size, frames: 12, keyFrameInterval: 6 })).entries()) {
      const uuid = new Uint8Array(16).fill(number);
      const sei = buildUserDataSei({ uuid, payload: new Uint8Array(3000).fill(number) });
      accessUnits.push(insertSei(encoded, [sei]).nalUnits);
    }
    nalUnits = accessUnits.flat();
    byteStream = joinAnnexB(nalUnits);
  });

  it("reads a byte stream in chunks, through runs of zeros that are longer than one", async (context) => {
    const path = await folder(context);
    const zeros = new Uint8Array(5 << 20);
    await writeFile(path("runs.bin"), Buffer.concat([zeros, byteStream, zeros, zeros, byteStream, zeros]));
    const { bitstream, nalUnits: found, rules } = await read(path("runs.bin"));
    expect(bitstream).toMatchObject({ format: "annexb", framing: "annexb" });
    expect(bitstream.readBytes).toBe(bitstream.sizeBytes);
    expect(rules).toEqual([]);
    expect(found).toEqual([...nalUnits, ...nalUnits]);
  });

  it("says that a byte stream begins in the middle of a NAL unit, and reads on", async (context) => {
    const path = await folder(context);
    await writeFile(path("cut.h264"), byteStream.subarray(40));
    const { nalUnits: found, rules } = await read(path("cut.h264"));
    expect(found).toEqual(splitAnnexB(byteStream.subarray(40)));
    expect(rules).toEqual(["leading-bytes"]);
  });

  it("reads NAL units behind lengths, and says where a length leads past the end", async (context) => {
    const path = await folder(context);
    const avcc = joinAvcc(nalUnits);
    await writeFile(path("whole.h264"), avcc);
    const whole = await read(path("whole.h264"));
    expect(whole.bitstream).toMatchObject({ format: "avcc", framing: "avcc", lengthSize: 4 });
    expect(whole.nalUnits).toEqual(nalUnits);
    expect(whole.rules).toEqual(["bare-lengths"]);
    await writeFile(path("cut.h264"), avcc.subarray(0, avcc.length - 1));
    const cut = await read(path("cut.h264"));
    expect(cut.nalUnits).toEqual(nalUnits.slice(0, -1));
    expect(cut.rules).toEqual(["bare-lengths", "length"]);
  });

  it.for([7, 183, 4999, 65_536])("joins NAL units over PES packets of %i bytes", async (pesBytes, context) => {
    const path = await folder(context);
    await writeFile(path("cut.ts"), transportStream(byteStream, pesBytes));
    const { bitstream, nalUnits: found, rules } = await read(path("cut.ts"));
    expect(bitstream.format).toBe("ts");
    expect(rules).toEqual([]);
    expect(found).toEqual(nalUnits);
  });

  it("reads RTP packets that come twice or out of order, and counts what is missing", async (context) => {
    const path = await folder(context);
    const packets = rtpPackets(accessUnits, 65_530);
    const [first, second, third, ...rest] = packets as [Uint8Array, Uint8Array, Uint8Array, ...Uint8Array[]];
    await writeFile(path("mixed.bin"), framed([first, third, second, third, ...rest]));
    const mixed = await read(path("mixed.bin"));
    expect(mixed.bitstream).toMatchObject({ format: "rfc4571", framing: "rtp" });
    expect(mixed.nalUnits).toEqual(nalUnits);
    expect(mixed.rules).toEqual(["duplicate"]);
    await writeFile(path("lost.bin"), framed([first, second, ...rest]));
    const lost = await read(path("lost.bin"));
    expect(lost.rules).toContain("loss");
    expect(lost.nalUnits.length).toBeLessThan(nalUnits.length);
  });

  it("takes the H.264 of several RTP streams, and leaves RTCP out", async (context) => {
    const path = await folder(context);
    const sound = Array.from({ length: 40 }, (_, index) =>
      rtpPacket(Uint8Array.of(0xfc, index), index, 0, false, 111, 9),
    );
    const rtcp = Uint8Array.of(0x80, 200, 0, 1, 0, 0, 0, 7);
    const packets = rtpPackets(accessUnits, 1).flatMap((packet, index) => [
      rtcp,
      packet,
      ...sound.slice(index, index + 1),
    ]);
    await writeFile(path("both.rtp"), framed(packets));
    const { nalUnits: found, rules } = await read(path("both.rtp"));
    expect(found).toEqual(nalUnits);
    expect(rules).toEqual(["other-stream"]);
  });

  it.for<[string, string, string[]]>([
    ["plain.mp4", "mp4", []],
    ["fragmented.mp4", "mp4", ["-movflags", "frag_keyframe+empty_moov"]],
    ["in-band.mp4", "mp4", ["-tag:v", "avc3"]],
    ["plain.mov", "mov", []],
    ["plain.mkv", "mkv", []],
    ["plain.flv", "flv", []],
    ["plain.ts", "ts", []],
  ])("reads %s as it is stored", async ([name, format, options], context) => {
    needsFfmpeg(context);
    const path = await folder(context);
    await writeFile(path("in.h264"), byteStream);
    await ffmpeg("-r", "30", "-i", path("in.h264"), "-c", "copy", ...options, path(name));
    const { bitstream, nalUnits: found, rules } = await read(path(name));
    expect(bitstream.format).toBe(format);
    expect(rules).toEqual([]);
    const withoutDelimiters = found.filter((nal) => nalUnitType(nal) !== NalUnitType.AccessUnitDelimiter);
    expect(withoutDelimiters.filter((nal) => !isSet(nal))).toEqual(nalUnits.filter((nal) => !isSet(nal)));
    if (bitstream.framing === "avcc") expect(bitstream.parameterSets.map(nalUnitType)).toEqual([7, 8]);
  });

  it.for([
    ["Matroska", "1a45dfa3"],
    ["FLV", "464c5601"],
    ["AVI", "52494646"],
    ["ASF", "3026b275"],
    ["MXF", "060e2b34"],
    ["MPEG-PS", "000001ba"],
    ["MPEG-TS", "47474747"],
    ["MP4", "0000001866747970"],
  ] as const)("reads no more of a %s than there is, however little that is", async ([_name, magic], context) => {
    const path = await folder(context);
    for (let length = 4; length < 40; length += 1) {
      await writeFile(path("head"), Buffer.alloc(length).fill(magic, 0, Math.min(length, magic.length / 2), "hex"));
      const { nalUnits: found, rules } = await read(path("head"));
      expect([length, found]).toEqual([length, []]);
      expect([length, rules]).not.toEqual([length, []]);
    }
  });

  it("says that an MP4 ends too early, and reads what is there", async (context) => {
    needsFfmpeg(context);
    const path = await folder(context);
    await writeFile(path("in.h264"), byteStream);
    await ffmpeg("-r", "30", "-i", path("in.h264"), "-c", "copy", "-movflags", "faststart", path("cut.mp4"));
    await truncate(path("cut.mp4"), (await readFile(path("cut.mp4"))).length - 100);
    const { nalUnits: found, rules } = await read(path("cut.mp4"));
    expect(rules).toEqual(["truncated"]);
    expect(found.length).toBeGreaterThan(nalUnits.length / 2);
    await truncate(path("cut.mp4"), 300);
    expect((await read(path("cut.mp4"))).rules.length).toBeGreaterThan(0);
  });

  it.for<[string, string[]]>([
    ["mkv", []],
    ["mkv", ["-f", "matroska", "-live", "1"]],
    ["flv", []],
    ["ts", []],
    ["avi", []],
    ["asf", []],
    ["mpg", []],
    ["mxf", []],
    ["mp4", ["-movflags", "frag_keyframe+empty_moov"]],
  ])("says that a file ends in the middle, and not that a whole one does: %s %s", async ([name, options], context) => {
    needsFfmpeg(context);
    const path = await folder(context);
    await writeFile(path("in.h264"), byteStream);
    await ffmpeg("-r", "30", "-i", path("in.h264"), "-c", "copy", ...options, path(`whole.${name}`));
    const bytes = await readFile(path(`whole.${name}`));
    expect((await read(path(`whole.${name}`))).rules).toEqual([]);
    for (const length of [bytes.length - 1, bytes.length - 50, Math.floor(bytes.length * 0.7)]) {
      await writeFile(path(`cut.${name}`), bytes.subarray(0, length));
      expect((await read(path(`cut.${name}`))).rules, `${length} of ${bytes.length} bytes`).toContain("truncated");
    }
  });

  it("does not believe a sample table that announces more samples than the file has bytes", async (context) => {
    needsFfmpeg(context);
    const path = await folder(context);
    await writeFile(path("in.h264"), byteStream);
    await ffmpeg("-r", "30", "-i", path("in.h264"), "-c", "copy", path("forged.mp4"));
    const bytes = await readFile(path("forged.mp4"));
    // stts: version and flags, the number of entries, and the number of samples of the first.
    bytes.writeUInt32BE(0xffff_fff0, bytes.indexOf("stts") + 12);
    await writeFile(path("forged.mp4"), bytes);
    expect((await read(path("forged.mp4"))).rules).toContain("sample-table");
  });

  it("tells what a file without H.264 holds", async (context) => {
    needsFfmpeg(context);
    const path = await folder(context);
    await ffmpeg("-f", "lavfi", "-i", "sine=duration=0.2", "-c:a", "aac", path("sound.mp4"));
    await ffmpeg("-f", "lavfi", "-i", "testsrc2=duration=0.2", "-c:v", "mpeg4", path("other.mp4"));
    await ffmpeg("-f", "lavfi", "-i", "testsrc2=duration=0.2", "-c:v", "mpeg2video", path("other.m2v"));
    expect((await read(path("sound.mp4"))).rules).toEqual(["no-video"]);
    expect((await read(path("other.mp4"))).rules).toEqual(["not-h264"]);
    expect((await read(path("other.m2v"))).rules).toEqual(["not-h264"]);
  });

  it.for<[string, number[]]>([
    ["no bytes", []],
    ["one byte", [0x65]],
    ["one zero", [0]],
    ["text", [...Buffer.from("a text that is no video at all\n")]],
    ["noise", Array.from({ length: 3000 }, (_, index) => (index * 7919 + (index >> 3) * 31) & 255)],
    ["a seed of a fuzz test", [...Buffer.from('go test fuzz v1\n[]byte("\\x00\\x00\\x010")\nint(3)\n')]],
    ["a seed of a fuzz test without bytes", [...Buffer.from("go test fuzz v1\nint(3)\n")]],
  ])("opens %s, and says what is wrong", async ([_name, bytes], context) => {
    const path = await folder(context);
    await writeFile(path("odd.bin"), Uint8Array.from(bytes));
    expect((await read(path("odd.bin"))).rules.length).toBeGreaterThan(0);
  });

  it("refuses a file that is not there, and a folder", async () => {
    await expect(openBitstream("/nowhere/clip.mp4")).rejects.toMatchObject({ code: "not-found" });
    await expect(openBitstream(import.meta.dirname)).rejects.toMatchObject({ code: "unreadable" });
    await expect(openBitstream("")).rejects.toThrow(TypeError);
  });

  it("ends by its signal, and can be closed early and twice", async (context) => {
    const path = await folder(context);
    await writeFile(path("in.h264"), Buffer.concat(Array.from({ length: 40 }, () => byteStream)));
    const ending = new AbortController();
    const bitstream = await openBitstream(path("in.h264"), { signal: ending.signal });
    const reading = (async () => {
      for await (const _group of bitstream) ending.abort(new Error("enough"));
    })();
    await expect(reading).rejects.toThrow("enough");
    const other = await openBitstream(path("in.h264"));
    await other.close();
    await other.close();
  });
});

function rtpPackets(accessUnits: readonly (readonly Uint8Array[])[], firstSequenceNumber: number): Uint8Array[] {
  const payloader = new H264Payloader();
  let sequenceNumber = firstSequenceNumber;
  return accessUnits.flatMap((nalUnits, index) =>
    payloader
      .payloads(nalUnits)
      .map(({ payload, marker }) => rtpPacket(payload, sequenceNumber++, 3000 * index, marker, 96, 7)),
  );
}

function rtpPacket(
  payload: Uint8Array,
  sequenceNumber: number,
  rtpTimestamp: number,
  marker: boolean,
  payloadType: number,
  ssrc: number,
): Uint8Array {
  const packet = Buffer.alloc(12 + payload.length);
  packet[0] = 0x80;
  packet[1] = payloadType | (marker ? 0x80 : 0);
  packet.writeUInt16BE(sequenceNumber & 0xffff, 2);
  packet.writeUInt32BE(rtpTimestamp, 4);
  packet.writeUInt32BE(ssrc, 8);
  packet.set(payload, 12);
  return packet;
}

/** RFC 4571 2. */
function framed(packets: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(packets.flatMap((packet) => [Uint8Array.of(packet.length >> 8, packet.length), packet]));
}
