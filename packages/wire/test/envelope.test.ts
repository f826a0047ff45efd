import { decodeEnvelope, type Envelope, encodeEnvelope, encodeValue, isEnvelope, WireError } from "@inband/wire";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

const example: Envelope = {
  id: "019a9e2c-7b40-7abc-8def-0123456789ab",
  source: 0xffff_ffff,
  sequence: 0xffff_ffff,
  topic: "12345678",
  flags: 0,
  age: 0,
  index: 0,
  count: 1,
  body: encodeValue("hello"),
};

/** The bytes of an envelope whose parts a test spoils. */
const spoilt = (change: (bytes: Uint8Array) => Uint8Array | undefined): Uint8Array => {
  const bytes = encodeEnvelope(example).payload;
  return change(bytes) ?? bytes;
};
/** A fragment with these bytes for the count of all. */
const counted = (...count: number[]) => {
  const { payload } = encodeEnvelope({ ...example, count: 2, body: Uint8Array.of(1, 2, 3) });
  return Uint8Array.of(...payload.subarray(0, 47), ...count, ...payload.subarray(48));
};
const set = (at: number, value: number) => spoilt((bytes) => bytes.fill(value, at, at + 1));

describe("an envelope", () => {
  it("says how many fragments there are in any form that MessagePack has for a number", () => {
    expect(decodeEnvelope(counted(0xce, 0, 0, 1, 0))).toMatchObject({ index: 0, count: 256 });
  });

  it("adds at most 48 bytes to its body under a topic of 8 bytes", () => {
    expect(encodeEnvelope(example).payload.length - example.body.length).toBeLessThanOrEqual(48);
  });

  it("keeps its size whatever the age is, and says where the age lies", () => {
    const { payload, ageOffset } = encodeEnvelope(example);
    expect(encodeEnvelope({ ...example, age: 0xffff_ffff }).payload.length).toBe(payload.length);
    new DataView(payload.buffer).setUint32(ageOffset, 123_456);
    expect(decodeEnvelope(payload)).toEqual({ ...example, age: 123_456 });
  });

  it("reads back as it was written", () => {
    const uint32 = fc.oneof(fc.constantFrom(0, 1, 127, 128, 255, 256, 65_535, 65_536, 0xffff_ffff), fc.nat());
    const fragment = fc.uint8Array({ minLength: 1, maxLength: 1000 });
    fc.assert(
      fc.property(
        fc.record({
          id: fc.uuid({ version: 7 }),
          source: uint32,
          sequence: uint32,
          topic: fc.option(fc.string({ unit: "grapheme", maxLength: 20 }), { nil: undefined }),
          flags: fc.nat(3),
          age: uint32,
          index: fc.nat(254),
          count: fc.constantFrom(255, 256),
          body: fragment,
        }),
        (envelope) => {
          expect(decodeEnvelope(encodeEnvelope(envelope).payload)).toEqual(envelope);
        },
      ),
    );
  });

  it("may have further fields, which are ignored", () => {
    const payload = spoilt((bytes) => {
      bytes[2] = 0x9b;
      return Uint8Array.of(...bytes, 0x93, 1, 2, 3, 0xa1, 0x78);
    });
    expect(decodeEnvelope(payload)).toEqual(example);
  });

  it("may have so many fields that their array takes the long form", () => {
    const payload = spoilt((bytes) => Uint8Array.of(0xc1, 1, 0xdc, 0, 10, ...bytes.subarray(3), 0xc0));
    expect(decodeEnvelope(payload)).toEqual(example);
  });

  it("of another version is refused by name", () => {
    expect(() => decodeEnvelope(set(1, 2))).toThrow(
      expect.objectContaining({ name: "WireError", code: "unknown-version", version: 2 }),
    );
  });

  it("is told from other payloads by its first byte", () => {
    expect(isEnvelope(encodeEnvelope(example).payload)).toBe(true);
    expect(isEnvelope(new Uint8Array())).toBe(false);
    expect(isEnvelope(encodeValue({ text: "hello" }))).toBe(false);
  });

  const broken: [string, Uint8Array][] = [
    ["nothing", new Uint8Array()],
    ["a mark without a version", Uint8Array.of(0xc1)],
    ["a mark and a version", Uint8Array.of(0xc1, 1)],
    ["no mark", set(0, 0x99)],
    ["a map for the array", set(2, 0x89)],
    ["eight fields", set(2, 0x98)],
    ["an id of version 4", set(11, 0x4a)],
    ["an id of 15 bytes", set(4, 15)],
    ["a source that is text", set(21, 0xa4)],
    [
      "a topic that is bytes",
      spoilt((bytes) => Uint8Array.of(...bytes.subarray(0, 31), 0xc4, 8, ...bytes.subarray(32))),
    ],
    ["fragment 0 of 0", set(47, 0)],
    ["fragment 1 of 1", set(46, 1)],
    ["a fragment that is text", set(47, 2)],
    ["fragment 0 of 2^32 - 1", counted(0xce, 0xff, 0xff, 0xff, 0xff)],
    ["fragment 0 of 2^32", counted(0xcf, 0, 0, 0, 1, 0, 0, 0, 0)],
    ["fragment 0 of 257", counted(0xcd, 1, 1)],
    ["bytes after the fields", spoilt((bytes) => Uint8Array.of(...bytes, 0))],
    [
      "an extension among further fields",
      spoilt((bytes) => {
        bytes[2] = 0x9a;
        return Uint8Array.of(...bytes, 0xd4, 0x72, 0x40);
      }),
    ],
  ];
  for (const [name, payload] of broken) {
    it(`is refused with ${name}`, () => {
      expect(() => decodeEnvelope(payload)).toThrow(
        expect.objectContaining({ name: "WireError", code: "bad-envelope" }),
      );
    });
  }

  it("is refused wherever it is cut off", () => {
    const { payload } = encodeEnvelope(example);
    for (let length = 0; length < payload.length; length += 1) {
      expect(() => decodeEnvelope(payload.subarray(0, length))).toThrow(WireError);
    }
  });

  it("that is hostile throws a WireError and nothing else", () => {
    const { payload } = encodeEnvelope(example);
    fc.assert(
      fc.property(fc.nat(payload.length - 1), fc.nat(255), fc.nat(payload.length - 1), fc.nat(255), (a, x, b, y) => {
        const bytes = payload.slice();
        bytes[a] = x;
        bytes[b] = y;
        try {
          decodeEnvelope(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(WireError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
