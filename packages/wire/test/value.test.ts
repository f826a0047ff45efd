import {
  createMessageId,
  decodeValue,
  encodeJson,
  encodeMessage,
  encodeValue,
  inband,
  stagesSei,
  WireError,
} from "@inband/wire";
import fc from "fast-check";
import { Unpackr } from "msgpackr/unpack";
import { describe, expect, it } from "vitest";

const byte = fc.oneof(fc.constantFrom(0, 0, 1, 3, 0x80, 0xff), fc.nat(255));
const bytes = fc.array(byte, { maxLength: 64 }).map((list) => Uint8Array.from(list));
const text = fc.string({ unit: "grapheme" }).filter((value) => !value.startsWith("\ufeff"));
const key = text.filter((value) => value !== "__proto__");
const leaf = fc.oneof(
  fc.constant(null),
  fc.boolean(),
  fc.integer(),
  fc.maxSafeInteger(),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }),
  text,
  bytes,
);
const value = fc.letrec((tie) => ({
  value: fc.oneof({ depthSize: "small" }, leaf, tie("array"), tie("object")),
  array: fc.array(tie("value"), { maxLength: 20 }),
  object: fc.dictionary(key, tie("value"), { maxKeys: 20, noNullPrototype: true }),
})).value;

/** A whole value of this many nested arrays. */
const nested = (depth: number): unknown => (depth === 0 ? 1 : [nested(depth - 1)]);
const read = (...values: number[]) => decodeValue(Uint8Array.from(values));

describe("values", () => {
  it("come back as they were sent, whatever core MessagePack can hold", () => {
    fc.assert(
      fc.property(value, (sent) => {
        expect(decodeValue(encodeValue(sent))).toEqual(sent);
      }),
    );
  });

  it("keep strings of every length, beyond ASCII too", () => {
    for (const length of [0, 31, 32, 255, 256, 5000, 65_536]) {
      for (const character of ["x", "\u00e9", "\u{1F600}"]) {
        const sent = character.repeat(length);
        expect(decodeValue(encodeValue(sent))).toBe(sent);
      }
    }
  });

  it("hold no view of the bytes they were read from", () => {
    const encoded = Uint8Array.from(encodeValue(Uint8Array.of(1, 2, 3)));
    const decoded = decodeValue(encoded);
    encoded.fill(0xff);
    expect(decoded).toEqual(Uint8Array.of(1, 2, 3));
  });

  class Point {
    x = 1;
  }
  const refused: [string, unknown, string][] = [
    ["undefined", undefined, "value: undefined"],
    ["a function", { f: () => 1 }, "value.f: a function"],
    ["a symbol", [Symbol("s")], "value[0]: a symbol"],
    ["NaN", Number.NaN, "value: the number NaN"],
    ["Infinity", { "my key": Number.POSITIVE_INFINITY }, 'value["my key"]: the number Infinity'],
    ["a bigint beyond 64 bits", 2n ** 64n, "value: a bigint of more than 64 bits"],
    ["a bigint below 64 bits", -(2n ** 63n) - 1n, "value: a bigint of more than 64 bits"],
    ["a lone surrogate", "a\ud800", "value: a string with a lone surrogate"],
    ["a lone surrogate in a key", { "\udc00": 1 }, "a key with a lone surrogate"],
    ["a first U+FEFF, which decoders drop", "\ufeffx", "value: a string that begins with U+FEFF"],
    ["a Float64Array", { samples: new Float64Array(4) }, "value.samples: a Float64Array"],
    ["an ArrayBuffer", new ArrayBuffer(4), "value: an ArrayBuffer"],
    ["a DataView", new DataView(new ArrayBuffer(4)), "value: a DataView"],
    ["a Set", new Set([1]), "value: a Set"],
    ["a Map", new Map([[1, 2]]), "value: a Map"],
    ["a Date", [new Date(0)], "value[0]: a Date"],
    ["a RegExp", /x/, "value: a RegExp"],
    ["a class instance", { p: new Point() }, "value.p: a Point"],
    ["a promise", Promise.resolve(), "value: a Promise"],
    ["a symbol for a key", { [Symbol.iterator]: 1 }, "value: an object with symbols"],
    ["a member called __proto__", JSON.parse('{"__proto__":1}'), "value.__proto__"],
    ["33 nested arrays", nested(33), "nested more than 32 deep"],
  ];
  for (const [name, sent, message] of refused) {
    it(`refuse ${name} and say where it is`, () => {
      expect(() => encodeValue(sent)).toThrow(TypeError);
      expect(() => encodeValue(sent)).toThrow(message);
    });
  }

  it("leave out members that are undefined, and say null for undefined and holes in an array, as JSON does", () => {
    const sent = { name: "Ada", nickname: undefined, list: [1, undefined, 3], sparse: new Array(2) };
    expect(decodeValue(encodeValue(sent))).toEqual(JSON.parse(JSON.stringify(sent)));
    expect(decodeValue(encodeValue(sent))).not.toHaveProperty("nickname");
    expect(new TextDecoder().decode(encodeJson(sent))).toBe(JSON.stringify(sent));
  });

  it("are what was checked, whatever a getter says the next time", () => {
    for (const later of [() => 1, new Float64Array(64), new Set([1]), undefined, "\ud800"]) {
      let reads = 0;
      const getter = {
        get a() {
          reads += 1;
          return reads > 1 ? later : 1;
        },
      };
      expect(decodeValue(encodeValue(getter))).toEqual({ a: 1 });
    }
  });

  it("carry the bytes of a Uint8Array that speaks otherwise of itself", () => {
    class Boasting extends Uint8Array {
      override get length(): number {
        return 1e9;
      }
      toJSON(): string {
        return "x";
      }
    }
    const sent = new Boasting(4).fill(7, 0, 4);
    expect(decodeValue(encodeValue(sent))).toEqual(Uint8Array.of(7, 7, 7, 7));
    expect(() => encodeJson({ sent })).toThrow("value.sent: a Uint8Array cannot be carried as JSON");
  });

  it("are refused as too large when they refer to one value so often that they take more than a MiB", () => {
    let doubled: unknown = [1];
    for (let depth = 1; depth < 31; depth += 1) doubled = [doubled, doubled];
    const text = "x".repeat(10_000);
    const wide = { list: new Array(1000).fill({ text }) };
    for (const sent of [doubled, wide, new Array(2 ** 32 - 1)]) {
      for (const encode of [encodeValue, encodeJson]) {
        expect(() => encode(sent)).toThrow(
          expect.objectContaining({ name: "WireError", code: "payload-too-large", limitBytes: 1_048_576 }),
        );
      }
    }
    const header = { id: createMessageId(), source: 1, sequence: 0 };
    for (const profile of [inband(), stagesSei()]) {
      expect(() => encodeMessage(profile, { sent: wide }, header)).toThrow(
        expect.objectContaining({ code: "payload-too-large", limitBytes: profile.maxMessageBytes }),
      );
    }
  });

  it("refuse a cycle", () => {
    const sent: unknown[] = [];
    sent.push(sent);
    expect(() => encodeValue(sent)).toThrow(TypeError);
  });

  it("nest 32 deep", () => {
    expect(decodeValue(encodeValue(nested(32)))).toEqual(nested(32));
  });

  it("take objects without a prototype", () => {
    const sent = Object.assign(Object.create(null), { a: 1 });
    expect(decodeValue(encodeValue(sent))).toEqual({ a: 1 });
  });
});

describe("hostile bytes", () => {
  const refused: [string, Uint8Array][] = [
    ["nothing", Uint8Array.of()],
    ["the unused byte c1", Uint8Array.of(0xc1)],
    [
      "a record extension, on whose word msgpackr makes functions",
      Uint8Array.of(0xd4, 0x72, 0x40, 0x91, 0xa1, 0x61, 1),
    ],
    ["a RegExp extension", Uint8Array.of(0xc7, 0, 0x78)],
    ["a timestamp extension", Uint8Array.of(0xd6, 0xff, 0, 0, 0, 0)],
    ["an extension inside an array", Uint8Array.of(0x91, 0xd4, 0x72, 0x40)],
    ["64 KiB of nested arrays", new Uint8Array(65_536).fill(0x91)],
    ["64 KiB of nested maps", new Uint8Array(65_536).fill(0x81)],
    ["an array of four billion", Uint8Array.of(0xdd, 0xff, 0xff, 0xff, 0xff, 1)],
    ["a map of four billion", Uint8Array.of(0xdf, 0xff, 0xff, 0xff, 0xff, 1)],
    ["a string that is longer than the bytes", Uint8Array.of(0xdb, 0xff, 0xff, 0xff, 0xff, 1)],
    ["a bin without its length", Uint8Array.of(0xc6, 0xff)],
    ["a number for a key", Uint8Array.of(0x81, 1, 1)],
    ["bytes after the value", Uint8Array.of(1, 2)],
  ];
  for (const [name, sent] of refused) {
    it(`are refused by a WireError: ${name}`, () => {
      expect(() => decodeValue(sent)).toThrow(expect.objectContaining({ name: "WireError", code: "bad-envelope" }));
    });
  }

  it("never do anything but decode or throw a WireError", () => {
    const hostile = fc.array(fc.oneof(byte, fc.integer({ min: 0x80, max: 0xdf })), { maxLength: 40 });
    fc.assert(
      fc.property(hostile, (list) => {
        try {
          decodeValue(Uint8Array.from(list));
        } catch (error) {
          expect(error).toBeInstanceOf(WireError);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it("cannot reach the prototype of an object", () => {
    const proto = Array.from("__proto__", (c) => c.charCodeAt(0));
    expect(() => read(0x81, 0xa9, ...proto, 0x81, 0xa1, 0x78, 1)).toThrow(
      expect.objectContaining({ name: "WireError", code: "bad-envelope" }),
    );
    expect(({} as { x?: unknown }).x).toBeUndefined();
  });

  it("that the walk lets through decode as msgpackr decodes them", () => {
    const tag = fc.integer({ min: 0xc0, max: 0xdf });
    const hostile = fc.array(fc.oneof(byte, tag, fc.constantFrom(0x81, 0x92, 0xa1, 0x61)), { maxLength: 60 });
    const encoded = fc.oneof(
      hostile.map((list) => Uint8Array.from(list)),
      value.map((sent) => Uint8Array.from(encodeValue(sent))),
      fc.tuple(value, fc.nat(), byte).map(([sent, at, changed]) => {
        const bytes = Uint8Array.from(encodeValue(sent));
        bytes[at % bytes.length] = changed;
        return bytes;
      }),
    );
    const oracle = new Unpackr({ useRecords: false, mapsAsObjects: true, copyBuffers: true });
    let decoded = 0;
    fc.assert(
      fc.property(encoded, (bytes) => {
        let read: unknown;
        try {
          read = decodeValue(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(WireError);
          return;
        }
        decoded += 1;
        expect(read).toEqual(oracle.unpack(bytes));
      }),
      { numRuns: 3000 },
    );
    expect(decoded).toBeGreaterThan(500);
  });

  it("of every width decode as msgpackr decodes them", () => {
    const oracle = new Unpackr({ useRecords: false, mapsAsObjects: true, copyBuffers: true });
    const eight = [0x80, 1, 2, 3, 4, 5, 6, 7];
    for (let tag = 0; tag < 0x100; tag += 1) {
      for (const tail of [[], [0], [1, 0x61], [0, 0], [0, 1, 0x61], [0, 0, 0, 0], [0, 0, 0, 1, 0x61], eight]) {
        for (let length = 0; length <= tail.length; length += 1) {
          const bytes = Uint8Array.from([tag, ...tail.slice(0, length)]);
          let read: unknown;
          try {
            read = decodeValue(bytes);
          } catch (error) {
            expect(error).toBeInstanceOf(WireError);
            continue;
          }
          expect(read).toEqual(oracle.unpack(bytes));
        }
      }
    }
  });
});
