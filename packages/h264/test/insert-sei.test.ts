import {
  type AccessUnit,
  buildSei,
  findSeiAnnexB,
  insertSei,
  insertSeiAnnexB,
  joinAnnexB,
  nalUnitType,
  parseSei,
  splitAnnexB,
  stripSei,
} from "@inband/h264";
import { anyNalUnit, bytes } from "@inband/rig/arbitraries";
import { hex } from "@inband/rig/hex";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

const sei = buildSei([{ payloadType: 5, payload: hex("00112233445566778899aabbccddeeff 07") }]);
const bufferingPeriod = buildSei([{ payloadType: 0, payload: hex("80") }]);
const idr = hex("65 88 84 21");
const delta = hex("41 9a 24 6c");
const aud = hex("09 10");
const sps = hex("67 42 e0 0a 96 52 85 89 c8");
const pps = hex("68 ce 38 80");
const prefix = hex("6e 40 80 07");

function accessUnit(...nalUnits: Uint8Array[]): AccessUnit {
  return { kind: "video", codec: "h264", nalUnits, timestamp: 40_000, isKeyFrame: nalUnits.includes(idr) };
}

function types(nals: readonly Uint8Array[]): number[] {
  return nals.map((nal) => nalUnitType(nal));
}

describe("where SEI goes (rules 4, 7, 8, 9, 12, 13 and 21)", () => {
  it.each([
    ["before the first slice", [delta], [6, 1]],
    ["before the first of several slices (rule 9)", [aud, delta, delta], [9, 6, 1, 1]],
    ["after delimiter and parameter sets (rule 9)", [aud, sps, pps, idr], [9, 7, 8, 6, 5]],
    [
      "after existing SEI: buffering_period stays the first message (rule 7)",
      [sps, pps, bufferingPeriod, idr],
      [7, 8, 6, 6, 5],
    ],
    ["before the prefix NAL unit, never between it and its slice (rule 4)", [aud, prefix, delta], [9, 6, 14, 1]],
  ])("inserts %s", (_, nalUnits, expected) => {
    const before = accessUnit(...nalUnits);
    const after = insertSei(before, [sei]);
    expect(types(after.nalUnits)).toEqual(expected);
    expect(after.nalUnits.filter((nal) => nal !== sei)).toEqual(nalUnits);
    expect(after.nalUnits.indexOf(sei)).toBe(types(after.nalUnits).lastIndexOf(6));
    expect({ ...after, nalUnits: [] }).toEqual({ ...before, nalUnits: [] });
    expect(types(before.nalUnits)).toEqual(types(nalUnits));
    expect(types(splitAnnexB(insertSeiAnnexB(joinAnnexB(nalUnits), [sei])))).toEqual(expected);
  });

  it("copies no bytes in the list form", () => {
    const { nalUnits } = insertSei(accessUnit(sps, pps, idr), [sei, bufferingPeriod]);
    expect(nalUnits[3]).toBe(bufferingPeriod);
    expect(nalUnits[4]).toBe(idr);
  });

  it("returns its argument where there is nothing to insert", () => {
    const before = accessUnit(delta);
    const bytes = joinAnnexB([delta]);
    expect(insertSei(before, [])).toBe(before);
    expect(insertSeiAnnexB(bytes, [])).toBe(bytes);
  });

  it("makes no access unit of SEI alone, and shows that it spent nothing (rules 12 and 21)", () => {
    const before = accessUnit(aud, sps, pps);
    const bytes = joinAnnexB([aud, sps, pps]);
    expect(insertSei(before, [sei])).toBe(before);
    expect(insertSeiAnnexB(bytes, [sei])).toBe(bytes);
    expect(insertSei(accessUnit(), [sei]).nalUnits).toEqual([]);
  });

  it("inserts before the first zero of a 4-byte start code, and keeps all other bytes (rule 13)", () => {
    const bytes = hex("00 00 00 01 09 10 00 00 00 00 01 41 9a 00 00 01 41 9b");
    expect(insertSeiAnnexB(bytes, [hex("06 01 00 80")])).toEqual(
      hex("00 00 00 01 09 10 00 00 00 00 01 06 01 00 80 00 00 00 01 41 9a 00 00 01 41 9b"),
    );
    expect(insertSeiAnnexB(hex("00 00 01 41 9a"), [hex("06 01 00 80")])).toEqual(
      hex("00 00 00 01 06 01 00 80 00 00 01 41 9a"),
    );
  });

  it("leaves all other NAL units byte for byte, for any access unit", () => {
    fc.assert(
      fc.property(fc.array(anyNalUnit, { maxLength: 10 }), (nalUnits) => {
        const inserted = insertSei(accessUnit(...nalUnits), [sei]).nalUnits;
        const at = inserted.indexOf(sei);
        const hasVcl = nalUnits.some((nal) => nalUnitType(nal) >= 1 && nalUnitType(nal) <= 5);
        expect(at >= 0).toBe(hasVcl);
        expect(inserted.filter((nal) => nal !== sei)).toEqual(nalUnits);
        expect(splitAnnexB(insertSeiAnnexB(joinAnnexB(nalUnits), [sei]))).toEqual(inserted);
      }),
    );
  });

  it("never throws and never loses a byte, whatever the byte stream", () => {
    fc.assert(
      fc.property(bytes(100), (stream) => {
        const inserted = insertSeiAnnexB(stream, [sei]);
        expect([0, 4 + sei.length]).toContain(inserted.length - stream.length);
      }),
    );
  });
});

describe("finding SEI", () => {
  it("finds the SEI NAL units before the first VCL NAL unit and none after it", () => {
    const stream = joinAnnexB([aud, sps, pps, bufferingPeriod, sei, idr, sei]);
    expect(findSeiAnnexB(stream)).toEqual([bufferingPeriod, sei]);
    expect(findSeiAnnexB(joinAnnexB([sps, sei]))).toEqual([sei]);
    expect(findSeiAnnexB(new Uint8Array(0))).toEqual([]);
  });

  it("reads nothing from the first VCL NAL unit on", () => {
    const stream = joinAnnexB([aud, sei, new Uint8Array(1000).fill(0x41)]);
    const vcl = stream.length - 1000;
    const reads: number[] = [];
    const watched = new Proxy(stream, {
      get(target, key) {
        if (typeof key === "string" && /^\d+$/.test(key)) reads.push(Number(key));
        const value = Reflect.get(target, key, target) as unknown;
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
    expect(findSeiAnnexB(watched)).toEqual([sei]);
    expect(Math.max(...reads)).toBeLessThanOrEqual(vcl + 2);
  });

  it("finds what a split finds, for any bytes", () => {
    fc.assert(
      fc.property(bytes(100), (stream) => {
        const nals = splitAnnexB(stream);
        const vcl = nals.findIndex((nal) => nalUnitType(nal) >= 1 && nalUnitType(nal) <= 5);
        const expected = (vcl < 0 ? nals : nals.slice(0, vcl)).filter((nal) => nalUnitType(nal) === 6);
        expect(findSeiAnnexB(stream)).toEqual(expected);
      }),
    );
  });
});

describe("stripping SEI (rule 8)", () => {
  const pictureTiming = { payloadType: 1, payload: hex("01 02") };
  const userData = { payloadType: 5, payload: hex("00112233445566778899aabbccddeeff 07") };

  it("writes only those NAL units anew that lose a message, and leaves the others as they are", () => {
    const both = buildSei([pictureTiming, userData]);
    const odd = hex("06 01 01 aa 40");
    const { nalUnits } = stripSei(accessUnit(odd, both, sei, idr), ({ payloadType }) => payloadType === 5);
    expect(nalUnits.length).toBe(3);
    expect(nalUnits[0]).toBe(odd);
    expect(parseSei(nalUnits[1] as Uint8Array)).toEqual([pictureTiming]);
    expect(nalUnits[2]).toBe(idr);
  });

  it("returns its argument when nothing is stripped, and leaves broken SEI alone", () => {
    const broken = hex("06 01 01 aa 05 64 01 02 80");
    const before = accessUnit(broken, idr);
    expect(stripSei(before, () => true)).toBe(before);
    expect(stripSei(before, () => false)).toBe(before);
  });
});
