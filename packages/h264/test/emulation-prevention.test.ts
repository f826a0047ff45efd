import { escapeRbsp, unescapeEbsp } from "@inband/h264";
import { bytes } from "@inband/rig/arbitraries";
import { hex } from "@inband/rig/hex";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

describe("emulation prevention (rules 1 and 2)", () => {
  it.each([
    ["00 00 00", "00 00 03 00"],
    ["00 00 01", "00 00 03 01"],
    ["00 00 02", "00 00 03 02"],
    ["00 00 03", "00 00 03 03"],
    ["00 00 04", "00 00 04"],
    ["00 01 00 00 80", "00 01 00 00 80"],
    ["07 00 00 00 00 00 80", "07 00 00 03 00 00 03 00 80"],
    ["ff 00 00 01 00 00 01", "ff 00 00 03 01 00 00 03 01"],
  ])("escapes %s as %s: the count of zeros begins anew after each 03 (7.4.1.1)", (rbsp, ebsp) => {
    expect(escapeRbsp(hex(rbsp))).toEqual(hex(ebsp));
    expect(unescapeEbsp(hex(ebsp))).toEqual(hex(rbsp));
  });

  it("ends an RBSP of cabac_zero_words with 03 (rule 2)", () => {
    expect(escapeRbsp(hex("80 00 00"))).toEqual(hex("80 00 00 03"));
    expect(escapeRbsp(hex("80 00 00 00 00"))).toEqual(hex("80 00 00 03 00 00 03"));
    expect(unescapeEbsp(hex("80 00 00 03"))).toEqual(hex("80 00 00"));
  });

  it("removes only the 03 of 00 00 03 (rule 2)", () => {
    expect(unescapeEbsp(hex("00 03 00 00 04 03"))).toEqual(hex("00 03 00 00 04 03"));
    expect(unescapeEbsp(hex("00 00 03 03"))).toEqual(hex("00 00 03"));
    expect(unescapeEbsp(hex("00 00 03 00 03"))).toEqual(hex("00 00 00 03"));
  });

  it("needs no 03 where a payload that ends in 00 00 is followed by the trailing bits (rule 2)", () => {
    expect(escapeRbsp(hex("06 05 02 00 00 80"))).toEqual(hex("06 05 02 00 00 80"));
    expect(escapeRbsp(hex("06 e5 02 00 00 01 01 07 80"))).toEqual(hex("06 e5 02 00 00 03 01 01 07 80"));
  });

  it("returns its argument where there is nothing to do", () => {
    const text = new TextEncoder().encode("nothing to escape");
    expect(escapeRbsp(text)).toBe(text);
    expect(unescapeEbsp(text)).toBe(text);
  });

  it("gives back what was escaped, and leaves no forbidden pattern", () => {
    fc.assert(
      fc.property(bytes(200), (rbsp) => {
        const ebsp = escapeRbsp(rbsp);
        expect(unescapeEbsp(ebsp)).toEqual(rbsp);
        for (let i = 0; i + 2 < ebsp.length; i += 1) {
          if (ebsp[i] !== 0 || ebsp[i + 1] !== 0) continue;
          expect(ebsp[i + 2]).toBeGreaterThan(2);
          if (ebsp[i + 2] === 3 && i + 3 < ebsp.length) expect(ebsp[i + 3]).toBeLessThan(4);
        }
      }),
    );
  });

  it("unescapes as the clause reads for any bytes (7.3.1)", () => {
    fc.assert(
      fc.property(bytes(200), (ebsp) => {
        const rbsp: number[] = [];
        for (let i = 0; i < ebsp.length; i += 1) {
          if (i + 2 < ebsp.length && ebsp[i] === 0 && ebsp[i + 1] === 0 && ebsp[i + 2] === 3) {
            rbsp.push(0, 0);
            i += 2;
          } else rbsp.push(ebsp[i] as number);
        }
        expect([...unescapeEbsp(ebsp)]).toEqual(rbsp);
      }),
    );
  });

  it("takes more bytes than it keeps a buffer for, and never hands that buffer out", () => {
    const zeros = new Uint8Array(100_000);
    zeros[99_999] = 0x80;
    expect(unescapeEbsp(escapeRbsp(zeros))).toEqual(zeros);
    const first = escapeRbsp(hex("00 00 01"));
    escapeRbsp(hex("00 00 02 00 00 02"));
    expect(first).toEqual(hex("00 00 03 01"));
  });
});
