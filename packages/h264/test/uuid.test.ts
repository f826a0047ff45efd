import { formatUuid, parseUuid } from "@inband/h264";
import { hex } from "@inband/rig/hex";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

describe("UUIDs as text (RFC 9562 4)", () => {
  it("are written in lower case with hyphens, of the first 16 bytes", () => {
    expect(formatUuid(hex("73fe4a2c0b554d3c8155c37ebacbdefc aabb"))).toBe("73fe4a2c-0b55-4d3c-8155-c37ebacbdefc");
  });

  it("give back the bytes that they were written of, in either case", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (bytes) => {
        expect(parseUuid(formatUuid(bytes))).toEqual(bytes);
        expect(parseUuid(formatUuid(bytes).toUpperCase())).toEqual(bytes);
      }),
    );
  });

  it("are refused in any other form", () => {
    for (const text of ["", "73fe4a2c0b554d3c8155c37ebacbdefc", "73fe4a2c-0b55-4d3c-8155-c37ebacbdefg"]) {
      expect(() => parseUuid(text)).toThrow(TypeError);
    }
  });
});
