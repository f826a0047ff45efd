/// <reference types="vite/client" />
import {
  detectFormat,
  joinAnnexB,
  NalUnitType,
  nalUnitType,
  parseAvcConfig,
  parseSei,
  parseSps,
  splitAccessUnits,
  splitAnnexB,
  splitAvcc,
} from "@inband/h264";
import { forEachSei, H264Depayloader } from "@inband/h264/rtp";
import { hexOf } from "@inband/rig/hex";
import { describe, expect, it } from "vitest";

/** What FFmpeg says of one packet, that is one picture; payloads that it takes apart into syntax elements are left out. */
interface ForeignPacket {
  readonly nalUnitTypes: readonly number[];
  readonly messages: readonly {
    readonly payloadType: number;
    readonly payloadSize: number;
    readonly payload?: string;
  }[];
}

/** One golden vector: made, and read for comparison, by FFmpeg and GStreamer. */
interface ForeignVector {
  readonly file: string;
  readonly format: "annexb" | "avcc" | "rtp";
  readonly exercises: string;
  /** The AVCDecoderConfigurationRecord, hexadecimal. */
  readonly avcC?: string;
  /** Of the byte stream that GStreamer makes of the RTP packets. */
  readonly depayloadedSha256?: string;
  readonly stream: {
    readonly width: number;
    readonly height: number;
    readonly level: number;
    readonly avg_frame_rate: string;
  };
  readonly packets: readonly ForeignPacket[];
}

const manifests = import.meta.glob<{ vectors: readonly ForeignVector[] }>("../../../test/vectors/manifest.json", {
  eager: true,
  import: "default",
});
const vectors = Object.values(manifests).flatMap((manifest) => manifest.vectors);
const contents = import.meta.glob<string>("../../../test/vectors/*.{h264,avcc,rtp}", {
  eager: true,
  import: "default",
  query: "?url&inline",
});

function bytesOf({ file }: ForeignVector): Uint8Array {
  const url = contents[`../../../test/vectors/${file}`] ?? "";
  return Uint8Array.from(atob(url.slice(url.indexOf(",") + 1)), (character) => character.charCodeAt(0));
}

async function sha256(bytes: Uint8Array): Promise<string> {
  return hexOf(new Uint8Array(await crypto.subtle.digest("SHA-256", new Uint8Array(bytes))));
}

/** As the manifest writes payloads: the bytes, or the first of them and a hash. */
async function digest(payload: Uint8Array): Promise<string> {
  const hex = hexOf(payload);
  return payload.length <= 32 ? hex : `${hex.slice(0, 40)} ... ${await sha256(payload)}`;
}

/** RTP packets of a file framed as RFC 4571 says; their headers have neither extensions nor CSRCs. */
function rtpPackets(bytes: Uint8Array) {
  const packets = [];
  const view = new DataView(bytes.buffer);
  for (let at = 0; at < bytes.length; at += 2 + view.getUint16(at)) {
    expect(bytes[at + 2]).toBe(0x80);
    packets.push({
      marker: (bytes[at + 3] as number) >= 0x80,
      sequenceNumber: view.getUint16(at + 4),
      rtpTimestamp: view.getUint32(at + 6),
      payload: bytes.subarray(at + 14, at + 2 + view.getUint16(at)),
    });
  }
  return packets;
}

/** The NAL units of each picture. */
function readPictures(vector: ForeignVector): (readonly Uint8Array[])[] {
  const bytes = bytesOf(vector);
  if (vector.format === "annexb") return [...splitAccessUnits(bytes)].map(({ nalUnits }) => nalUnits);
  if (vector.format === "avcc") {
    const config = Uint8Array.from(vector.avcC?.match(/../g) ?? [], (hex) => Number.parseInt(hex, 16));
    const nals = splitAvcc(bytes, parseAvcConfig(config).lengthSize);
    return [...splitAccessUnits(joinAnnexB(nals))].map(({ nalUnits }) => nalUnits);
  }
  const depayloader = new H264Depayloader();
  const accessUnits = rtpPackets(bytes).flatMap((packet) => depayloader.push(packet));
  expect(accessUnits.every(({ isComplete }) => isComplete)).toBe(true);
  expect(depayloader.flush()).toBeUndefined();
  expect(depayloader.stats()).toMatchObject({ lost: 0, stale: 0, malformed: 0, brokenFragments: 0 });
  return accessUnits.map(({ nalUnits }) => nalUnits);
}

describe("streams of FFmpeg and GStreamer", () => {
  it("are all here", () => {
    expect(vectors.map(({ file }) => `../../../test/vectors/${file}`).sort()).toEqual(Object.keys(contents).sort());
    expect(vectors.length).toBeGreaterThanOrEqual(12);
  });

  it.each(vectors)("$file is read as FFmpeg reads it: $exercises", async (vector) => {
    const pictures = readPictures(vector);
    const found: ForeignPacket[] = [];
    for (const [index, nals] of pictures.entries()) {
      const messages: ForeignPacket["messages"][number][] = [];
      for (const { payloadType, payload } of nals
        .filter((nal) => nalUnitType(nal) === NalUnitType.Sei)
        .flatMap(parseSei)) {
        const isKnown: boolean = vector.packets[index]?.messages[messages.length]?.payload !== undefined;
        const size = { payloadType, payloadSize: payload.length };
        messages.push(isKnown ? { ...size, payload: await digest(payload) } : size);
      }
      found.push({ nalUnitTypes: nals.map(nalUnitType), messages });
    }
    expect(found).toEqual(vector.packets);
  });

  it.each(vectors)("$file has the picture size, level and frame rate that ffprobe reads", (vector) => {
    const inBand = readPictures(vector).flat();
    const config = Uint8Array.from(vector.avcC?.match(/../g) ?? [], (hex) => Number.parseInt(hex, 16));
    const nals = config.length > 0 ? parseAvcConfig(config).sps : inBand;
    const sps = nals.find((nal) => nalUnitType(nal) === NalUnitType.Sps);
    const { width, height, levelIdc, frameRate } = parseSps(sps ?? new Uint8Array());
    const { stream } = vector;
    expect({ width, height, levelIdc }).toEqual({ width: stream.width, height: stream.height, levelIdc: stream.level });
    const [frames = 0, seconds = 0] = stream.avg_frame_rate.split("/").map(Number);
    expect(frameRate).toBe(frames / seconds);
  });

  it.each(vectors.filter(({ format }) => format === "rtp"))(
    "$file is depayloaded to the bytes of GStreamer",
    async (vector) => {
      expect(await sha256(joinAnnexB(readPictures(vector).flat()))).toBe(vector.depayloadedSha256);
      let fragments = 0;
      const found: Uint8Array[] = [];
      for (const { payload } of rtpPackets(bytesOf(vector))) {
        if (!forEachSei(payload, (nal) => found.push(nal))) fragments += 1;
      }
      const all = readPictures(vector)
        .flat()
        .filter((nal) => nalUnitType(nal) === NalUnitType.Sei);
      expect(fragments > 0 ? [] : found).toEqual(fragments > 0 ? [] : all);
      expect(found.length + fragments).toBeGreaterThan(0);
    },
  );

  it.each(vectors.filter(({ format }) => format !== "rtp"))("$file is detected as what it is", (vector) => {
    const bytes = bytesOf(vector);
    expect(detectFormat(bytes).format).toBe(vector.format);
    if (vector.format === "annexb") expect(splitAnnexB(bytes)).toEqual(readPictures(vector).flat());
  });
});
