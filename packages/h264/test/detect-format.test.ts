import { detectFormat, joinAnnexB, joinAvcc, splitAnnexB } from "@inband/h264";
import { H264Payloader } from "@inband/h264/rtp";
import { bytes, nalUnit } from "@inband/rig/arbitraries";
import { hex } from "@inband/rig/hex";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { slices } from "./vectors.ts";

const nals = splitAnnexB(slices.bytes);

/** A slice of this many bytes without zeros. */
function nal(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (index === 0 ? 0x41 : 0x9a));
}

describe("which format it is (rule 14)", () => {
  it("knows a byte stream, with zeros around it, and a sample with lengths", () => {
    expect(detectFormat(slices.bytes)).toMatchObject({ format: "annexb", nalUnitType: 9 });
    expect(detectFormat(hex("00 00 00 00 00 00 01 65 88 84 00 00 00 00"))).toMatchObject({
      format: "annexb",
      nalUnitType: 5,
    });
    expect(detectFormat(joinAvcc(nals.slice(1, 4)))).toMatchObject({ format: "avcc", nalUnitType: 7 });
  });

  it.each([256, 260, 400, 511])("takes a first NAL unit of %i bytes (00 00 01 xx) for what it is", (size) => {
    const sei = Uint8Array.from({ length: size }, (_, index) => (index === 0 ? 6 : 0x55));
    const sample = joinAvcc([sei, ...nals.slice(3, 5)]);
    expect(sample.subarray(0, 3)).toEqual(hex("00 00 01"));
    for (const previous of ["avcc", "rtp", "unknown", undefined] as const) {
      expect(detectFormat(sample, previous).format).toBe("avcc");
    }
    expect(detectFormat(joinAvcc([sei, nal(86_400)])).format).toBe("avcc");
    expect(detectFormat(joinAnnexB([sei, ...nals.slice(3, 5)])).format).toBe("annexb");
  });

  it("takes a one-byte NAL unit (00 00 00 01) for a length when more lengths follow", () => {
    const sample = joinAvcc([hex("0a"), hex("41 9a 24 6c")]);
    expect(sample.subarray(0, 4)).toEqual(hex("00 00 00 01"));
    expect(detectFormat(sample)).toMatchObject({ format: "avcc", nalUnitType: 10 });
  });

  it("says that it does not know where both readings are valid, and then follows the bytes before", () => {
    const both = hex("00 00 00 01 0a");
    expect(detectFormat(both).format).toBe("unknown");
    expect(detectFormat(both).evidence).toMatch(/^Ambiguous: /);
    expect(detectFormat(hex("00 00 00 01 0a 00 00 00 01 0b")).format).toBe("unknown");
    const slice = joinAvcc([nal(0x141)]);
    expect(slice.subarray(0, 5)).toEqual(hex("00 00 01 41 41"));
    expect([undefined, "annexb", "avcc"].map((previous) => detectFormat(slice, previous as "avcc").format)).toEqual([
      "unknown",
      "annexb",
      "avcc",
    ]);
    expect(detectFormat(both, "annexb")).toMatchObject({ format: "annexb", nalUnitType: 10 });
    expect(detectFormat(both, detectFormat(joinAvcc(nals)))).toMatchObject({ format: "avcc", nalUnitType: 10 });
  });

  it("lets no memory outweigh the bytes", () => {
    expect(detectFormat(slices.bytes, "avcc").format).toBe("annexb");
    expect(detectFormat(joinAvcc(nals), "annexb").format).toBe("avcc");
  });

  it("knows RTP payloads: their first byte is never 00 (RFC 6184 5.2)", () => {
    const formats = new H264Payloader({ maxPayloadBytes: 60 }).payloads(nals.slice(0, 6)).map(({ payload }) => {
      const { format, evidence } = detectFormat(payload);
      return `${format}: ${evidence.replace(/\d+/, "n")}`;
    });
    expect(new Set(formats)).toEqual(
      new Set(["rtp: n NAL unit(s) in a STAP-A", "rtp: A fragment (FU-A)", "rtp: A bare NAL unit"]),
    );
  });

  it("names what it cannot be", () => {
    expect(detectFormat(new Uint8Array(0))).toEqual({ format: "unknown", evidence: "No bytes" });
    expect(detectFormat(hex("19 00 00")).evidence).toMatch(/^STAP-B \(type 25\) belongs to packetization-mode 2/);
    expect(detectFormat(hex("e5 88")).evidence).toMatch(/^The F bit is set/);
    expect(detectFormat(hex("78 00 09 06 05")).format).toBe("unknown");
    expect(detectFormat(hex("00 00 00 09 41 9a")).format).toBe("unknown");
    expect(detectFormat(hex("00 00 00 02 e5 88")).format).toBe("unknown");
    expect(detectFormat(new Uint8Array(100)).format).toBe("unknown");
  });

  it("never takes a byte stream for anything else once it has been one", () => {
    const stream = fc.array(nalUnit([1, 5, 6, 7, 8, 9, 12], 300), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(stream, (list) => {
        expect(detectFormat(joinAnnexB(list), "annexb").format).toBe("annexb");
        expect(detectFormat(joinAvcc(list), "avcc").format).toBe("avcc");
      }),
    );
  });

  it("never throws, whatever the bytes", () => {
    fc.assert(
      fc.property(bytes(80), (any) => {
        expect(["annexb", "avcc", "rtp", "unknown"]).toContain(detectFormat(any).format);
      }),
    );
  });
});
