import { H264Error, ParameterSets, parsePps, parseSliceHeader, parseSps, splitAnnexB } from "@inband/h264";
import { bytes } from "@inband/rig/arbitraries";
import { nalOfBits, ue } from "@inband/rig/bits";
import { hex } from "@inband/rig/hex";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { mbaff, slices } from "./vectors.ts";

function first(stream: Uint8Array, type: number): Uint8Array {
  return splitAnnexB(stream).find((nal) => ((nal[0] as number) & 31) === type) as Uint8Array;
}

describe("sequence parameter sets (7.3.2.1.1)", () => {
  it("reads size, profile, level and frame rate as ffprobe does", () => {
    expect(parseSps(first(slices.bytes, 7))).toMatchObject({
      profileIdc: 100,
      levelIdc: 10,
      width: 64,
      height: 48,
      frameMbsOnly: true,
      frameRate: 25,
    });
    expect(parseSps(first(mbaff.bytes, 7))).toMatchObject({ levelIdc: 21, width: 64, height: 64, frameMbsOnly: false });
  });

  it.each([
    ["an openh264 stream of 152x100", "6742000d8c8d7147b2ce80", { width: 152, height: 100, codedHeight: 112 }],
    [
      "a hardware encoder's 1080p50",
      "2764002aac2b403c0113f2e022000007d000030d41d08005160001443b7bdf076870ca80",
      { width: 1920, height: 1080, frameRate: 50 },
    ],
    [
      "a webcam's full range 640x480",
      "67424028bb40501ebf80a24000000300400000079810003d09003d0ef7be17844235",
      { width: 640, height: 480, frameRate: 15 },
    ],
    [
      "scaling lists (JM)",
      "67640028ad84b7dd3fca323b1dc5622225191d8ee2b1115096fba7ee11a11159b9b36730283320",
      { width: 320, height: 192 },
    ],
    [
      "cropped field macroblocks (ffmpeg -f lavfi -i testsrc2=size=64x56 -c:v libx264 -flags +ilme+ildct)",
      "67640015acd9444fde0220000003002000000643e28532c0",
      { width: 64, height: 56, codedHeight: 64, frameMbsOnly: false },
    ],
    ["pic_order_cnt_type 1", "6742e00d884d1020162720", { width: 176, height: 144, picOrderCntType: 1 }],
  ])("reads %s", (_, text, expected) => {
    expect(parseSps(hex(text))).toMatchObject(expected);
  });

  it("refuses other types, truncation and impossible values with H264Error only", () => {
    const sps = first(slices.bytes, 7);
    expect(() => parseSps(hex("68 ce"))).toThrow("Not a sequence parameter set");
    for (let length = 1; length < 8; length += 1) expect(() => parseSps(sps.subarray(0, length))).toThrow(H264Error);
    fc.assert(
      fc.property(bytes(60), (rest) => {
        for (const parse of [parseSps, parsePps]) {
          try {
            parse(Uint8Array.from([parse === parseSps ? 0x67 : 0x68, ...rest]));
          } catch (error) {
            expect(error).toBeInstanceOf(H264Error);
          }
        }
      }),
    );
  });
});

describe("picture parameter sets and slice headers (7.3.2.2, 7.3.3)", () => {
  it("reads them as FFmpeg's trace_headers does", () => {
    const nals = splitAnnexB(slices.bytes);
    const sps = parseSps(first(slices.bytes, 7));
    const pps = parsePps(first(slices.bytes, 8));
    expect(pps).toMatchObject({ id: 0, spsId: 0, usesCabac: true, sliceGroups: 1, hasRedundantPicCnt: false });
    const headers = nals
      .filter((nal) => [1, 5].includes((nal[0] as number) & 31))
      .map((nal) => parseSliceHeader(nal, sps, pps));
    expect(headers.slice(0, 6).map(({ firstMb }) => firstMb)).toEqual([0, 4, 8, 0, 4, 8]);
    expect(headers.map(({ isIdr }) => isIdr).indexOf(true, 3)).toBe(12);
    expect(new Set(headers.map(({ frameNum }) => frameNum))).toEqual(new Set([0, 1, 2, 3]));
  });

  it.each([
    ["interleaved", `${ue(0)}${ue(3)}${ue(3)}${ue(3)}`],
    ["dispersed", ue(1)],
    ["foreground", `${ue(2)}${ue(0)}${ue(9)}${ue(3)}${ue(12)}`],
    ["changing", `${ue(3)}1${ue(5)}`],
    ["explicit", `${ue(6)}${ue(4)}0000000000`],
  ])("reads on behind %s slice groups (7.3.2.2)", (name, map) => {
    const groups = name === "explicit" ? 4 : name === "changing" ? 2 : 3;
    const bits = `${ue(7)}${ue(1)}10${ue(groups - 1)}${map}${ue(0)}${ue(0)}000${ue(0)}${ue(0)}${ue(0)}001`;
    expect(parsePps(nalOfBits(0x68, bits))).toEqual({
      id: 7,
      spsId: 1,
      usesCabac: true,
      hasBottomFieldPicOrder: false,
      sliceGroups: groups,
      hasRedundantPicCnt: true,
    });
  });

  it("refuses what is not a slice", () => {
    const sps = parseSps(first(slices.bytes, 7));
    const pps = parsePps(first(slices.bytes, 8));
    expect(() => parseSliceHeader(hex("06 01 01 aa 80"), sps, pps)).toThrow("Not a slice");
    expect(() => parseSliceHeader(hex("41"), sps, pps)).toThrow(H264Error);
  });
});

describe("ParameterSets (7.4.1.2.1)", () => {
  const delimiter = hex("09 10");
  const idr = hex("65 88 80 40");
  const spsOf = (id: number): Uint8Array => nalOfBits(0x67, `010000100000000000001010${ue(id)}${ue(4)}`);
  const ppsOf = (id: number): Uint8Array => nalOfBits(0x68, `${ue(id)}${ue(0)}00`);

  it("adds the sets in force that an access unit lacks, behind its delimiter and each PPS behind the SPS", () => {
    const sets = new ParameterSets();
    sets.remember([spsOf(0), ppsOf(0), idr]);
    expect(sets.addTo([delimiter, idr])).toEqual([delimiter, spsOf(0), ppsOf(0), idr]);
    const whole = [delimiter, spsOf(0), ppsOf(0), idr];
    expect(sets.addTo(whole)).toBe(whole);
    expect(sets.addTo([delimiter, spsOf(0), idr])).toEqual([delimiter, spsOf(0), ppsOf(0), idr]);
  });

  it("replaces a set by one with the same id, and all of them by a configuration with sets", () => {
    const sets = new ParameterSets();
    const other = Uint8Array.from([...ppsOf(1), 0x55]);
    sets.remember([spsOf(0), ppsOf(0), ppsOf(1)]);
    sets.remember([other]);
    expect(sets.addTo([idr])).toEqual([spsOf(0), ppsOf(0), other, idr]);
    sets.configure([]);
    expect(sets.addTo([idr])).toEqual([spsOf(0), ppsOf(0), other, idr]);
    sets.configure([spsOf(3)]);
    expect(sets.addTo([idr])).toEqual([spsOf(3), idr]);
  });

  it("keeps copies, and of any bytes no more sets than there are ids", () => {
    const sets = new ParameterSets();
    const set = spsOf(0);
    sets.remember([set]);
    set.fill(0xff, 1);
    expect(sets.addTo([idr])).toEqual([spsOf(0), idr]);
    for (let seed = 0; seed < 4096; seed += 1) {
      const id = [0, 8 | (seed & 7), seed >> 3, 0x80];
      sets.remember([Uint8Array.of(0x67, 66, 0, 10, ...id), Uint8Array.of(0x68, ...id)]);
    }
    expect(sets.addTo([idr]).length).toBeLessThanOrEqual(33 + 257 + 1);
  });
});
