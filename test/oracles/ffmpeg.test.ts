import { readFileSync, writeFileSync } from "node:fs";
import {
  buildSei,
  insertSei,
  insertSeiAnnexB,
  joinAnnexB,
  nalRefIdc,
  nalUnitType,
  parseAvcConfig,
  parseSei,
  readUserData,
  type SeiMessage,
  splitAccessUnits,
  splitAvcc,
} from "@inband/h264";
import { corpusPath, needsCorpus } from "@inband/rig/corpus";
import { ffmpeg, needsFfmpeg } from "@inband/rig/ffmpeg";
import { suiteFolder } from "@inband/rig/test-folder";
import { beforeEach, describe, expect, it } from "vitest";
import { digest, extradata, framemd5, traceHeaders } from "./ffmpeg.ts";

const path = suiteFolder();

beforeEach(needsFfmpeg);

const uuid = Uint8Array.from({ length: 16 }, (_, index) => 0xa0 + index);

function userData(size: number, byte: (index: number) => number = (index) => index * 7 + 1): SeiMessage {
  return { payloadType: 5, payload: Uint8Array.from([...uuid, ...Array.from({ length: size }, (_, i) => byte(i))]) };
}

function other(payloadType: number, size: number, byte: (index: number) => number = (index) => index): SeiMessage {
  return { payloadType, payload: Uint8Array.from({ length: size }, (_, i) => byte(i)) };
}

const zero = (): number => 0;

/** What goes into one access unit: a list of SEI NAL units, each a list of messages. */
const cases: readonly (readonly (readonly SeiMessage[])[])[] = [
  ...[0, 1, 16, 254, 255, 256, 510, 1024, 4096].map((size) => [[userData(size)]]),
  // payloadSize itself at the edges of its bytes: the UUID counts.
  ...[238, 239, 240, 493, 494, 495].map((size) => [[userData(size)]]),
  ...[1, 2, 3, 239, 1024].map((size) => [[userData(size, zero)]]),
  [[userData(300, (index) => (index % 3 === 2 ? ((index % 4) as number) : 0))]],
  // A payload that ends in 00 00, before the trailing bits and before a message whose type byte is 3.
  [[userData(18, (index) => (index < 16 ? 9 : 0))]],
  [[userData(18, (index) => (index < 16 ? 9 : 0)), other(3, 0), userData(2, zero), userData(0)]],
  [[userData(20), userData(0), userData(255)]],
  [[userData(1)], [userData(255), other(200, 255, zero)], [userData(2000)]],
  [[other(255, 0)], [other(256, 1)], [other(510, 255)], [other(511, 256, zero), userData(3)]],
  [[other(1000, 16, () => 0x80)]],
  [],
  Array.from({ length: 12 }, (_, index) => [userData(index)]),
];

const source = ["-f", "lavfi", "-i", `testsrc2=size=128x96:rate=25`, "-frames:v", String(cases.length)];
const encoders: Readonly<Record<string, readonly string[]>> = {
  "three slices a picture, delimiters, B-frames": ["-g", "8", "-bf", "2", "-x264-params", "slices=3:aud=1"],
  "one slice a picture, no delimiters": ["-profile:v", "baseline", "-g", "10", "-x264-params", "slices=1:info=0"],
  "field macroblocks": ["-g", "9", "-x264-params", "interlaced=1:slices=2"],
  "intra refresh with recovery points": ["-g", "12", "-x264-params", "intra-refresh=1:aud=1"],
  "HRD: buffering periods, picture timing, filler": [
    ...["-b:v", "300k", "-maxrate", "300k", "-bufsize", "300k"],
    ...["-g", "8", "-x264-params", "nal-hrd=cbr:force-cfr=1:aud=1"],
  ],
};

async function encode(name: string, ...args: readonly string[]): Promise<string> {
  const file = path(name);
  await ffmpeg(...source, "-c:v", "libx264", "-preset", "fast", "-threads", "1", ...args, file);
  return file;
}

/** The NAL units of each access unit. */
function accessUnits(file: string): (readonly Uint8Array[])[] {
  return [...splitAccessUnits(new Uint8Array(readFileSync(file)))].map(({ nalUnits }) => nalUnits);
}

/** An access unit with 3-byte start codes where B.1.1 allows them: not before the first NAL unit and parameter sets. */
function joinShort(nals: readonly Uint8Array[]): Uint8Array {
  const long = (nal: Uint8Array, index: number): boolean => index === 0 || [7, 8].includes(nalUnitType(nal));
  return Buffer.concat(
    nals.flatMap((nal, index) => [Uint8Array.from(long(nal, index) ? [0, 0, 0, 1] : [0, 0, 1]), nal]),
  );
}

/** A prefix NAL unit (G.7.3.1) for the slice behind it: base layer, and a reference where the slice is one. */
function prefixNal(slice: Uint8Array): Uint8Array {
  const isIdr = nalUnitType(slice) === 5;
  const extension = [0x80 | (isIdr ? 0x40 : 0), 0x80, 0x07];
  return Uint8Array.from([(nalRefIdc(slice) << 5) | 14, ...extension, ...(nalRefIdc(slice) > 0 ? [0x20] : [])]);
}

const isSlice = (nal: Uint8Array): boolean => [1, 5].includes(nalUnitType(nal));

describe("what inband inserts", () => {
  /** Inserts the cases, and holds what FFmpeg reads against what it read before and the cases. */
  async function check(
    name: string,
    before: string,
    insert: (nals: readonly Uint8Array[], sei: Uint8Array[]) => Uint8Array,
  ) {
    const units = accessUnits(before);
    const after = path(`${name}-after.h264`);
    writeFileSync(after, Buffer.concat(units.map((nals, index) => insert(nals, (cases[index] ?? []).map(buildSei)))));
    // FFmpeg does not trace prefix NAL units: each must still stand before its slice (G.7.4.1.2).
    const types = accessUnits(after).flat().map(nalUnitType);
    for (const [index, type] of types.entries()) if (type === 14) expect([1, 5]).toContain(types[index + 1]);
    const trace = await traceHeaders(before);
    expect(trace.packets).toHaveLength(cases.length);
    const expected = trace.packets.map(({ nalUnitTypes, messages }, index) => {
      const added = cases[index] ?? [];
      const at = nalUnitTypes.findIndex((type) => type === 1 || type === 5);
      return {
        nalUnitTypes: nalUnitTypes.toSpliced(at, 0, ...added.map(() => 6)),
        messages: [
          ...messages,
          ...added.flat().map(({ payloadType, payload }) => ({
            payloadType,
            payloadSize: payload.length,
            payload: digest(payload),
          })),
        ],
      };
    });
    expect(await traceHeaders(after)).toEqual({ packets: expected, complaints: [] });
    expect(await framemd5(after)).toEqual(await framemd5(before));
  }

  const asList = (nals: readonly Uint8Array[], sei: Uint8Array[]): Uint8Array => {
    const accessUnit = { kind: "video", codec: "h264", nalUnits: nals, timestamp: 0, isKeyFrame: false } as const;
    return joinAnnexB(insertSei(accessUnit, sei).nalUnits);
  };

  it.each(Object.entries(encoders))(
    "is read by FFmpeg on the same picture, which stays as it is: %s",
    async (_, args) => {
      const before = await encode("before.h264", ...args);
      await check("list", before, asList);
      await check("bytes", before, (nals, sei) => insertSeiAnnexB(joinAnnexB(nals), sei));
      await check("short", before, (nals, sei) => insertSeiAnnexB(joinShort(nals), sei));
    },
  );

  it("goes before the prefix NAL unit of the first slice", async () => {
    const plain = await encode("plain.h264", "-g", "8", "-x264-params", "slices=2:aud=1");
    const units = accessUnits(plain).map((nals) =>
      nals.flatMap((nal) => (isSlice(nal) ? [prefixNal(nal), nal] : [nal])),
    );
    const before = path("prefix.h264");
    writeFileSync(before, Buffer.concat(units.map(joinAnnexB)));
    await check("prefix-list", before, asList);
    await check("prefix-short", before, (nals, sei) => insertSeiAnnexB(joinShort(nals), sei));
  });
});

/** What inband reads, in the shape of a trace. */
function readUnits(units: readonly (readonly Uint8Array[])[]) {
  return units.map((nals) => ({
    nalUnitTypes: nals.map(nalUnitType),
    messages: nals
      .filter((nal) => nalUnitType(nal) === 6)
      .flatMap((nal) => parseSei(nal))
      .map(({ payloadType, payload }) => ({ payloadType, payloadSize: payload.length, payload: digest(payload) })),
  }));
}

/** The same from FFmpeg, with the payloads that it took apart into syntax elements filled in from ours. */
async function traceAs(file: string, ours: ReturnType<typeof readUnits>) {
  const { packets, complaints } = await traceHeaders(file);
  expect(complaints).toEqual([]);
  return packets.map(({ nalUnitTypes, messages }, index) => ({
    nalUnitTypes,
    messages: messages.map((message, at) => ({
      ...message,
      payload: message.payload ?? ours[index]?.messages[at]?.payload,
    })),
  }));
}

describe("what inband inserts into streams of other makers", () => {
  const files: Readonly<Record<string, string>> = {
    "captions in every picture": "shaka-project__shaka-player/assets__captions-test.ts",
    "slices in any order, slice groups": "cisco__openh264/SVA_FM1_E.264",
    "no IDR picture at the start": "cisco__openh264/BA_MW_D_IDR_LOST.264",
    "pictures that are not referred to": "cisco__openh264/NRF_MW_E.264",
    "thousands of zeros between NAL units": "Eyevinn__mp4ff/4pics.264",
    "a NAL unit that ends in 00 00 03": "jcodec__jcodec/64x64_1.264",
  };

  it.each(Object.entries(files))(
    "is read by FFmpeg on as many pictures, which stay as they are: %s",
    async (_, name) => {
      const before = path("corpus-before.h264");
      const after = path("corpus-after.h264");
      await ffmpeg("-i", corpusPath(name), "-map", "0:v", "-c", "copy", "-copyinkf", "-frames:v", "100", before);
      const units = accessUnits(before);
      const added = units.map((_unit, index) =>
        buildSei([userData(index % 700, (at) => (at % 3 === 2 ? index & 255 : 0))]),
      );
      writeFileSync(
        after,
        Buffer.concat(units.map((nals, index) => insertSeiAnnexB(joinAnnexB(nals), added.slice(index, index + 1)))),
      );
      const { packets, complaints } = await traceHeaders(after);
      const traceBefore = await traceHeaders(before);
      expect(units).toHaveLength(traceBefore.packets.length);
      expect(packets).toHaveLength(units.length);
      expect(complaints).toEqual(traceBefore.complaints);
      const found = packets.flatMap(({ messages }) => messages).map(({ payload }) => payload ?? "");
      const ours = found.filter((payload) => payload.startsWith(digest(uuid)));
      expect(ours).toEqual(added.flatMap((nal) => parseSei(nal)).map(({ payload }) => digest(payload)));
      expect(await framemd5(after)).toEqual(await framemd5(before));
    },
  );

  beforeEach(needsCorpus);
});

describe("what FFmpeg writes", () => {
  const text = "086f3693-b7b3-4f2c-9653-21492feee5b8+hello from FFmpeg";
  const written: Readonly<Record<string, readonly string[]>> = {
    ...encoders,
    "a delimiter inserted by h264_metadata": ["-bf", "2", "-bsf:v", "h264_metadata=aud=insert"],
    // Where a picture has no SEI of its own, FFmpeg 5.1 puts the message behind its slices: hence the HRD.
    "a message inserted by h264_metadata": [
      ...["-b:v", "300k", "-maxrate", "300k", "-bufsize", "300k", "-g", "4", "-x264-params", "nal-hrd=vbr"],
      ...["-bsf:v", `h264_metadata=sei_user_data=${text}:aud=insert`],
    ],
    "slices of at most 200 bytes": ["-x264-params", "slice-max-size=200"],
    "open groups of pictures": ["-g", "6", "-bf", "3", "-x264-params", "open-gop=1:b-pyramid=2"],
    "frame packing, mastering display, light level": [
      "-x264-params",
      "frame-packing=3:cll=1000,400:mastering-display=G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,1)",
    ],
  };

  it.each(Object.entries(written))("is read by inband as by FFmpeg: %s", async (_, args) => {
    const file = await encode("written.h264", ...args);
    const ours = readUnits(accessUnits(file));
    expect(ours.flatMap(({ messages }) => messages).length).toBeGreaterThanOrEqual(
      args.join().includes("info=0") ? 0 : 1,
    );
    expect(ours).toEqual(await traceAs(file, ours));
  });

  it("is read by inband from the samples and the avcC of an mp4 file", async () => {
    const params = ["-g", "8", "-bf", "2", "-bsf:v", `h264_metadata=sei_user_data=${text}`];
    const file = await encode("written.mp4", ...params, "-x264-params", "slices=3");
    const config = parseAvcConfig(await extradata(file));
    expect(config).toMatchObject({ lengthSize: 4, profileIdc: 100 });
    expect(config.sps.map(nalUnitType)).toEqual([7]);
    expect(config.pps.map(nalUnitType)).toEqual([8]);
    await ffmpeg("-i", file, "-map", "0:v", "-c", "copy", "-f", "data", path("samples.bin"));
    const nals = splitAvcc(new Uint8Array(readFileSync(path("samples.bin"))), config.lengthSize);
    const [ours] = readUnits([nals]);
    const trace = await traceAs(file, []);
    expect(ours?.nalUnitTypes).toEqual(trace.flatMap(({ nalUnitTypes }) => nalUnitTypes));
    expect(ours?.messages).toEqual(trace.flatMap(({ messages }) => messages));
    expect(ours?.messages.length).toBeGreaterThan(1);
  });

  it("carries the messages that inband inserted through decoding and encoding (-udu_sei)", async () => {
    const before = await encode("plain.h264", "-g", "8", "-bf", "0");
    const message = (index: number) => userData(index * 40, (at) => (at % 3 === 0 ? index : 0));
    const inserted = accessUnits(before).map((nals, index) =>
      insertSeiAnnexB(joinAnnexB(nals), [buildSei([message(index)])]),
    );
    writeFileSync(path("inserted.h264"), Buffer.concat(inserted));
    const encoder = ["-c:v", "libx264", "-udu_sei", "1", "-bf", "0", "-x264-params", "info=0"];
    await ffmpeg("-i", path("inserted.h264"), ...encoder, path("again.h264"));
    const found = accessUnits(path("again.h264")).map((nals) => {
      const payloads: string[] = [];
      for (const nal of nals) {
        readUserData(nal, (id, payload) => {
          if (id.every((byte, at) => byte === uuid[at])) payloads.push(digest(Uint8Array.from([...id, ...payload])));
        });
      }
      return payloads;
    });
    expect(found).toEqual(cases.map((_, index) => [digest(message(index).payload)]));
  });
});
