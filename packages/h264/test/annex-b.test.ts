import { AnnexBSplitter, joinAnnexB, splitAnnexB } from "@inband/h264";
import { anyNalUnit, bytes, chunks } from "@inband/rig/arbitraries";
import { hex } from "@inband/rig/hex";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

const stream = hex("00 00 00 01 67 42 00 00 01 68 ce 00 00 00 00 01 65 88 80 00 00 00");
const nals = [hex("67 42"), hex("68 ce"), hex("65 88 80")];

describe("byte streams (rule 13, B.1)", () => {
  it("splits at start codes of 3 and 4 bytes, without the zeros around them", () => {
    expect(splitAnnexB(stream)).toEqual(nals);
  });

  it("takes any number of leading and trailing zeros", () => {
    const padded = new Uint8Array(24_000 + stream.length + 24_000);
    padded.set(stream, 24_000);
    expect(splitAnnexB(padded)).toEqual(nals);
  });

  it("skips what stands before the first start code, and start codes with nothing after them", () => {
    expect(splitAnnexB(hex("ab cd 00 00 01 65 01 00 00 01 00 00 01 41 00 00 01"))).toEqual([hex("65 01"), hex("41")]);
    expect(splitAnnexB(hex("65 01 02 03"))).toEqual([]);
    expect(splitAnnexB(new Uint8Array(0))).toEqual([]);
  });

  it("returns views", () => {
    for (const nal of splitAnnexB(stream)) expect(nal.buffer).toBe(stream.buffer);
  });

  it("writes 4-byte start codes, so that SPS, PPS and the first NAL unit have their zero_byte", () => {
    expect(joinAnnexB(nals)).toEqual(hex("00 00 00 01 67 42 00 00 00 01 68 ce 00 00 00 01 65 88 80"));
    expect(joinAnnexB([])).toEqual(new Uint8Array(0));
  });

  it("gives back the NAL units that were joined", () => {
    fc.assert(
      fc.property(fc.array(anyNalUnit, { maxLength: 12 }), (list) => {
        expect(splitAnnexB(joinAnnexB(list))).toEqual(list);
      }),
    );
  });

  it("finds start codes in long NAL units", () => {
    const long = new Uint8Array(10_000).fill(0x55);
    for (const at of [150, 188, 189, 190, 191, 192, 193, 194, 195, 500, 9996]) {
      const bytes = Uint8Array.from([0, 0, 1, ...long]);
      bytes.set([0, 0, 1], at);
      expect(splitAnnexB(bytes).map((nal) => nal.length)).toEqual([at - 3, 10_000 - at]);
    }
  });
});

describe("byte streams in chunks (rule 13)", () => {
  it("finds a start code that spans chunks, down to single bytes", () => {
    const splitter = new AnnexBSplitter();
    const found = [...stream].flatMap((byte) => splitter.push(Uint8Array.of(byte)));
    expect([...found, ...splitter.flush()]).toEqual(nals);
  });

  it("finds the same NAL units wherever the chunks end, for any bytes", () => {
    fc.assert(
      fc.property(
        bytes(120),
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 8 }),
        (whole, sizes) => {
          const splitter = new AnnexBSplitter();
          const found = chunks(whole, sizes).flatMap((chunk) => splitter.push(chunk));
          expect([...found, ...splitter.flush()]).toEqual(splitAnnexB(whole));
        },
      ),
    );
  });

  it("skips and counts a NAL unit above the limit, and goes on", () => {
    const splitter = new AnnexBSplitter({ maxNalUnitBytes: 100 });
    const found = [
      ...splitter.push(hex("00 00 01 65")),
      ...Array.from({ length: 50 }, () => splitter.push(new Uint8Array(10).fill(0x77))).flat(),
      ...splitter.push(hex("00 00 01 41 9a 00 00 01")),
    ];
    expect(found).toEqual([hex("41 9a")]);
    expect(splitter.skippedNalUnits).toBe(1);
    expect(() => new AnnexBSplitter({ maxNalUnitBytes: 0 })).toThrow(RangeError);
  });
});
