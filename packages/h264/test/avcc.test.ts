import {
  buildAvcConfig,
  H264Error,
  joinAvcc,
  parseAvcConfig,
  parseSps,
  readAvcConfig,
  splitAnnexB,
  splitAvcc,
  walkAvcc,
} from "@inband/h264";
import { anyNalUnit, bytes } from "@inband/rig/arbitraries";
import { hex } from "@inband/rig/hex";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { slices } from "./vectors.ts";

const [, sps, pps] = splitAnnexB(slices.bytes) as [Uint8Array, Uint8Array, Uint8Array];

describe("samples with length fields (ISO/IEC 14496-15 5.3.4.2.1)", () => {
  it.each([1, 2, 4] as const)("gives back the NAL units that were joined, with lengths of %i byte(s)", (lengthSize) => {
    fc.assert(
      fc.property(fc.array(anyNalUnit, { maxLength: 10 }), (nals) => {
        expect(splitAvcc(joinAvcc(nals, lengthSize), lengthSize)).toEqual(nals);
      }),
    );
  });

  it("writes and reads the length of a typical SEI: 00 00 01 xx", () => {
    const nal = new Uint8Array(300).fill(0x06);
    const sample = joinAvcc([nal]);
    expect(sample.subarray(0, 4)).toEqual(hex("00 00 01 2c"));
    expect(splitAvcc(sample)).toEqual([nal]);
    expect(splitAvcc(sample)[0]?.buffer).toBe(sample.buffer);
  });

  it("leaves out empty NAL units", () => {
    expect(splitAvcc(hex("00 00 00 00 00 00 00 02 41 9a"))).toEqual([hex("41 9a")]);
  });

  it("refuses a length that leads past the end, and says where", () => {
    const error = (() => {
      try {
        splitAvcc(hex("00 02 41 9a 00 05 41"), 2);
      } catch (error) {
        return error;
      }
    })();
    expect(error).toBeInstanceOf(H264Error);
    expect(error).toMatchObject({ code: "truncated", offset: 4, clause: "ISO/IEC 14496-15 5.3.4.2.1" });
    expect(() => splitAvcc(hex("00 00 00"))).toThrow(H264Error);
    expect(() => splitAvcc(hex("ff ff ff ff 41"))).toThrow(H264Error);
  });

  it("refuses NAL units that do not fit, and length size 3", () => {
    expect(() => joinAvcc([new Uint8Array(256)], 1)).toThrow(H264Error);
    expect(() => joinAvcc([], 3 as 4)).toThrow(RangeError);
    expect(() => splitAvcc(new Uint8Array(0), 3 as 4)).toThrow("lengthSize: expected 1, 2 or 4, got 3");
  });

  it("throws nothing but H264Error, whatever the bytes", () => {
    fc.assert(
      fc.property(bytes(60), fc.constantFrom(1, 2, 4), (sample, lengthSize) => {
        try {
          expect(joinAvcc(splitAvcc(sample, lengthSize), lengthSize).length).toBeLessThanOrEqual(sample.length);
        } catch (error) {
          expect(error).toBeInstanceOf(H264Error);
        }
      }),
    );
  });
});

describe("walkAvcc", () => {
  const places = (sample: Uint8Array, lengthSize: number): { places: [number, number][]; broken: number } => {
    const places: [number, number][] = [];
    const broken = walkAvcc(sample, lengthSize, (start, end) => places.push([start, end]));
    return { places, broken };
  };

  it("visits the NAL units in front of a length that leads past the end, and says where that is", () => {
    expect(places(hex("00 02 41 9a 00 00 00 05 41"), 2)).toEqual({
      places: [
        [2, 4],
        [6, 6],
      ],
      broken: 6,
    });
    expect(places(hex("00 02 41 9a 00"), 2)).toEqual({ places: [[2, 4]], broken: 4 });
  });

  it("reads length fields of 3 bytes, which are reserved", () => {
    expect(places(hex("00 00 02 41 9a"), 3)).toEqual({ places: [[3, 5]], broken: -1 });
  });

  it("finds what splitAvcc finds where all lengths are right, and the offset that it throws where one is not", () => {
    fc.assert(
      fc.property(bytes(60), fc.constantFrom(1, 2, 4), (sample, lengthSize) => {
        const { places: found, broken } = places(sample, lengthSize);
        let offset: number | undefined = -1;
        try {
          splitAvcc(sample, lengthSize);
        } catch (error) {
          offset = (error as H264Error).offset;
        }
        expect(broken).toBe(offset);
        for (const [start, end] of found) expect(end).toBeGreaterThanOrEqual(start);
      }),
    );
  });

  it("refuses length sizes that no configuration can announce", () => {
    for (const lengthSize of [0, 5, Number.NaN]) {
      expect(() => walkAvcc(hex("00 41"), lengthSize, () => undefined)).toThrow(RangeError);
    }
  });
});

describe("AVC decoder configuration (ISO/IEC 14496-15 5.3.3.1)", () => {
  it("gives back what was built, with the chroma format and bit depths of High profile", () => {
    const config = parseAvcConfig(buildAvcConfig({ sps: [sps], pps: [pps], lengthSize: 2 }));
    expect(config).toEqual({
      profileIdc: 100,
      constraintFlags: 0,
      levelIdc: 10,
      lengthSize: 2,
      sps: [sps],
      pps: [pps],
      spsExtensions: [],
    });
    const bytes = buildAvcConfig({ sps: [sps], pps: [pps] });
    expect([...bytes.subarray(0, 6)]).toEqual([1, 100, 0, 10, 0xff, 0xe1]);
    expect([...bytes.subarray(-4)]).toEqual([0xfd, 0xf8, 0xf8, 0]);
  });

  it("writes chroma format and bit depths for all profiles but Baseline, Main and Extended", () => {
    const withProfile = (profileIdc: number): Uint8Array => {
      const other = Uint8Array.from(sps);
      other[1] = profileIdc;
      return other;
    };
    const extension = hex("6d 40 80");
    const options = { pps: [pps], spsExtensions: [extension] };
    for (const profileIdc of [100, 110, 118, 128, 244]) {
      const { spsExtensions } = parseAvcConfig(buildAvcConfig({ ...options, sps: [withProfile(profileIdc)] }));
      expect(spsExtensions).toEqual([extension]);
    }
    const main = hex("67 4d 40 0a 96 52 85 89 c8");
    expect(parseAvcConfig(buildAvcConfig({ ...options, sps: [main] })).spsExtensions).toEqual([]);
  });

  it("writes the record that FFmpeg writes, and reads one that ends after the parameter sets", () => {
    // The avcC box of: ffmpeg -i slices.h264 -c copy slices.mp4 (FFmpeg 5.1.9).
    const record = hex("0164000affe100186764000aacd9447b011000000300100000030320f122596001000668ebe0e4b22cfdf8f800");
    expect(buildAvcConfig({ sps: [sps], pps: [pps] })).toEqual(record);
    const { sps: read } = parseAvcConfig(record.subarray(0, -4));
    expect(parseSps(read[0] as Uint8Array)).toMatchObject({ width: slices.width, height: slices.height });
  });

  it("reads a record without parameter sets (avc3)", () => {
    const record = hex("01 42 e0 1f ff e0 00");
    expect(parseAvcConfig(record)).toMatchObject({ lengthSize: 4, sps: [], pps: [] });
    expect(buildAvcConfig(parseAvcConfig(record))).toEqual(record);
  });

  it("is read in part by readAvcConfig where it is cut or has the reserved length size 3", () => {
    const record = buildAvcConfig({ sps: [sps], pps: [pps, pps], lengthSize: 2 });
    expect(readAvcConfig(record)).toEqual({ lengthSize: 2, parameterSets: [sps, pps, pps] });
    expect(readAvcConfig(record.subarray(0, 6 + 2 + sps.length + 1 + 2 + pps.length + 1))).toEqual({
      lengthSize: 2,
      parameterSets: [sps, pps],
    });
    expect(readAvcConfig(record.subarray(0, 8 + sps.length - 1))).toEqual({ lengthSize: 2, parameterSets: [] });
    expect(readAvcConfig(hex("01 42 e0 1f fe e0 00"))).toEqual({ lengthSize: 3, parameterSets: [] });
    expect(readAvcConfig(hex("01 42"))).toEqual({ lengthSize: 4, parameterSets: [] });
  });

  it("is read by readAvcConfig as by parseAvcConfig where that reads it, whatever the bytes", () => {
    fc.assert(
      fc.property(bytes(60), (record) => {
        const read = readAvcConfig(record);
        try {
          const { lengthSize, sps, pps } = parseAvcConfig(record);
          expect(read).toEqual({ lengthSize, parameterSets: [...sps, ...pps] });
        } catch (error) {
          expect(error).toBeInstanceOf(H264Error);
        }
      }),
    );
  });

  it("refuses another version, length size 3 and what is truncated", () => {
    expect(() => parseAvcConfig(hex("02 42 e0 1f ff e0 00"))).toThrow("configurationVersion is 2");
    expect(() => parseAvcConfig(hex("01 42 e0 1f fe e0 00"))).toThrow("reserved");
    const record = buildAvcConfig({ sps: [sps], pps: [pps] }).subarray(0, -4);
    for (let length = 0; length < record.length; length += 1) {
      expect(() => parseAvcConfig(record.subarray(0, length))).toThrow(H264Error);
    }
  });

  it("refuses to build without an SPS, and with NAL units of other types", () => {
    expect(() => buildAvcConfig({ sps: [], pps: [pps] })).toThrow("sps: expected a NAL unit, or profileIdc");
    expect(() => buildAvcConfig({ sps: Array.from({ length: 32 }, () => sps), pps: [] })).toThrow("at most 31");
    expect(() => buildAvcConfig({ sps: [pps], pps: [pps] })).toThrow("sps: expected NAL units of type 7, got 8");
    expect(() => buildAvcConfig({ sps: [sps], pps: [sps] })).toThrow("pps: expected NAL units of type 8, got 7");
  });

  it("throws nothing but H264Error, whatever the bytes", () => {
    fc.assert(
      fc.property(bytes(60), (rest) => {
        try {
          parseAvcConfig(Uint8Array.from([1, 100, 0, 10, 0xff, ...rest]));
        } catch (error) {
          expect(error).toBeInstanceOf(H264Error);
        }
      }),
    );
  });
});
