import { hexOf } from "@inband/rig/hex";
import {
  createMessageId,
  decodePayload,
  encodeEnvelope,
  encodeMessage,
  encodeValue,
  inband,
  ivs,
  type Profile,
  profileFit,
  raw,
  seiModule,
  stagesSei,
  WireError,
} from "@inband/wire";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

const id = createMessageId({ nowMs: 1_700_000_000_250 });
const header = { id, source: 1, sequence: 41 };
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const sent = (profile: Profile, value: unknown): string =>
  new TextDecoder().decode(encodeMessage(profile, value, header)[0]?.payload);
const earlier = raw("b16d7d56-892e-419c-8d82-e069cd3aa5c1").uuid;

describe("profile stagesSei", () => {
  it("writes text and objects with a timestamp in seconds, as the Python system does", () => {
    expect(sent(stagesSei(), "h\u00e9llo")).toBe(
      '{"text":"h\u00e9llo","timestamp":1700000000.25,"type":"text_content"}',
    );
    expect(sent(stagesSei(), { a: [1, null] })).toBe('{"a":[1,null],"timestamp":1700000000.25}');
    expect(sent(stagesSei(), { timestamp: 5, a: 1 })).toBe('{"timestamp":5,"a":1}');
  });

  it("has the UUID and the limits of IVS, and is read under its earlier UUID too", () => {
    expect(hexOf(stagesSei().uuid)).toBe("9e504ea5ee5a4f02949fb033a3768da2");
    expect(stagesSei()).toMatchObject({ alone: true, maxMessageBytes: 1024, bytesPerSecond: 10_240 });
    expect(profileFit(stagesSei(), earlier, bytesOf("{}"))).toBeGreaterThan(0);
    expect(profileFit(ivs(), earlier, bytesOf("{}"))).toBe(0);
  });

  it("reads what Python writes: spaces after separators, and escapes for all beyond ASCII", () => {
    const payload = bytesOf('{"text": "h\\u00e9", "timestamp": 1700000000.123456, "type": "text_content"}');
    expect(decodePayload(stagesSei(), payload)).toEqual({
      text: "h\u00e9",
      timestamp: 1_700_000_000.123456,
      type: "text_content",
    });
  });

  it("carries 1024 bytes and refuses one more, and truncates nothing", () => {
    const room = 1024 - sent(stagesSei(), "").length;
    expect(sent(stagesSei(), "x".repeat(room))).toHaveLength(1024);
    expect(() => sent(stagesSei(), "x".repeat(room + 1))).toThrow(
      expect.objectContaining({ code: "payload-too-large", limitBytes: 1024, actualBytes: 1025 }),
    );
  });

  it("refuses what its readers would stumble over or JSON would change", () => {
    for (const value of [
      1,
      null,
      [1],
      undefined,
      Uint8Array.of(1),
      { n: Number.NaN },
      { n: 1n },
      { b: Uint8Array.of(1) },
      { d: new Date() },
      new Date(),
      new Map([["text", "x"]]),
    ]) {
      expect(() => sent(stagesSei(), value)).toThrow(TypeError);
    }
    expect(() => sent(stagesSei(), { detections: [{ box: 1n }] })).toThrow("value.detections[0].box: a bigint");
    expect(() => sent(stagesSei(), Uint8Array.of(1))).toThrow(
      "value: profile stagesSei carries a string or an object, got a Uint8Array",
    );
    expect(() => sent(stagesSei(), new Date())).toThrow("value: a Date cannot be carried as JSON");
    expect(() => sent(ivs(), "text")).toThrow('value: profile ivs carries a Uint8Array, got "text"');
  });
});

describe("profile seiModule", () => {
  const uuid = "CUSTOM_UUID00000";

  it("writes compact JSON with the keys in their order, and counts frames where the value does not", () => {
    expect(sent(seiModule(uuid), { cus: { zone: "a" }, inf: { count: 5 } })).toBe(
      '{"ts":1700000000.25,"it":1700000000.25,"fc":41,"inf":{"count":5},"cus":{"zone":"a"}}',
    );
    expect(sent(seiModule(uuid), { ts: 1.5, it: 2, fc: 7 })).toBe('{"ts":1.5,"it":2,"fc":7}');
  });

  it("leaves out what it is told to", () => {
    expect(sent(seiModule(uuid, { includeTimestamp: false }), { inf: {} })).toBe('{"fc":41,"inf":{}}');
    expect(sent(seiModule(uuid, { includeTimestamp: false, includeFrameCount: false }), {})).toBe("{}");
  });

  it("has a UUID of ASCII, padded with zeros, or any 16 bytes", () => {
    expect(hexOf(seiModule(uuid).uuid)).toBe("435553544f4d5f555549443030303030");
    expect(hexOf(seiModule("EASYAIR_UUID").uuid)).toBe("454153594149525f5555494400000000");
    expect(seiModule(new Uint8Array(16).fill(9)).uuid).toEqual(new Uint8Array(16).fill(9));
    for (const wrong of ["", "17 characters long", "\u00e9", Uint8Array.of(1)]) {
      expect(() => seiModule(wrong)).toThrow("uuid");
    }
  });

  it("reads any object, and refuses to write other keys and types", () => {
    expect(decodePayload(seiModule(uuid), bytesOf('{"ts":1,"it":2,"fc":3,"new":4}'))).toEqual({
      ts: 1,
      it: 2,
      fc: 3,
      new: 4,
    });
    expect(() => sent(seiModule(uuid), { other: 1 })).toThrow("value.other");
    expect(() => sent(seiModule(uuid), { fc: "1" })).toThrow("value.fc");
    expect(() => sent(seiModule(uuid), "text")).toThrow(TypeError);
    expect(() => sent(seiModule(uuid), [])).toThrow(TypeError);
  });
});

describe("profile raw", () => {
  it("carries bytes under any UUID, up to the size that it is told", () => {
    const profile = raw("4D495350-6d69-6372-6f73-656374696d65", { name: "misp-time", maxMessageBytes: 12 });
    expect(hexOf(profile.uuid)).toBe("4d4953506d696372 6f73656374696d65".replace(" ", ""));
    const value = new Uint8Array(12).fill(3);
    expect(encodeMessage(profile, value, header)).toEqual([{ payload: value }]);
    expect(decodePayload(profile, value)).toEqual(value);
    expect(() => encodeMessage(profile, new Uint8Array(13), header)).toThrow(WireError);
    expect(() => encodeMessage(profile, new Uint8Array(), header)).toThrow("at least one byte");
  });

  it("names the option that is wrong", () => {
    for (const wrong of ["", "4d4953506d6963726f73656374696d65", new Uint8Array(15)]) {
      expect(() => raw(wrong)).toThrow("uuid");
    }
    expect(() => raw(new Uint8Array(16), { maxMessageBytes: 0 })).toThrow("maxMessageBytes");
  });
});

describe("profiles under one UUID", () => {
  const profiles = { raw: ivs(), json: stagesSei(), envelope: ivs({ envelope: true }) };
  const best = (payload: Uint8Array): string | undefined =>
    Object.entries(profiles)
      .map(([name, profile]) => ({ name, fit: profileFit(profile, profiles.raw.uuid, payload) }))
      .sort((a, b) => b.fit - a.fit)[0]?.name;

  it("are told by how the payload begins", () => {
    const envelope = { id, source: 1, sequence: 0, topic: undefined, flags: 0, age: 0, index: 0, count: 1 };
    expect(best(encodeEnvelope({ ...envelope, body: encodeValue(1) }).payload)).toBe("envelope");
    expect(best(bytesOf('{"timestamp":1}'))).toBe("json");
    expect(best(bytesOf("hello"))).toBe("raw");
    expect(best(Uint8Array.of())).toBe("raw");
    expect(profileFit(inband(), profiles.raw.uuid, bytesOf("{"))).toBe(0);
  });
});

describe("hostile JSON", () => {
  const refused: [string, Uint8Array][] = [
    ["nothing", Uint8Array.of()],
    ["half of an object", bytesOf('{"a":')],
    ["an array", bytesOf("[1]")],
    ["null", bytesOf("null")],
    ["a number, which stops the reader of stages_sei", bytesOf("1")],
    ["bytes that are no UTF-8", Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d)],
    ["more than 64 KiB", bytesOf(`{"a":"${"x".repeat(65_536)}"}`)],
  ];
  for (const [name, payload] of refused) {
    it(`is refused by a WireError: ${name}`, () => {
      expect(() => decodePayload(stagesSei(), payload)).toThrow(
        expect.objectContaining({ name: "WireError", code: "bad-payload" }),
      );
    });
  }

  it("never does anything but read or throw a WireError", () => {
    const hostile = fc.string({
      unit: fc.constantFrom("{", "}", "[", "]", '"', ":", ",", "1", "__proto__", "\\u", "n"),
    });
    fc.assert(
      fc.property(hostile, (text) => {
        try {
          decodePayload(seiModule("x"), bytesOf(text));
        } catch (error) {
          expect(error).toBeInstanceOf(WireError);
        }
        expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
      }),
    );
  });
});

it("a profile refuses an option that it does not have: without its envelope messages would leave as bytes", () => {
  const misspelt = { envelop: true, maxBytes: 1 } as object;
  expect(() => ivs(misspelt)).toThrow("envelop: no such option, expected envelope");
  expect(() => raw(new Uint8Array(16), misspelt)).toThrow("envelop: no such option, expected name, maxMessageBytes");
  expect(() => seiModule("CAMERA", misspelt)).toThrow("envelop: no such option, expected includeTimestamp");
});
