import {
  createMessageId,
  decodeEnvelope,
  decodePayload,
  decodeValue,
  encodeEnvelope,
  encodeMessage,
  encodeValue,
  inband,
  type Profile,
  seiModule,
  stagesSei,
} from "@inband/wire";
import { describe, expect, it } from "vitest";

const jsonProfiles: [string, Profile][] = [
  ["stagesSei", stagesSei()],
  ["seiModule", seiModule("CUSTOM_UUID00000")],
];
const json = (text: string) => new TextEncoder().encode(text);

describe.each(jsonProfiles)("JSON of %s", (_, profile) => {
  it.each(["", "\0", "\0\0\0"])("is read with %j behind it, as writers in C end a string", (end) => {
    expect(decodePayload(profile, json(`{"timestamp":1,"text":"hi"}${end}`))).toEqual({ timestamp: 1, text: "hi" });
  });

  it("is not read with anything else behind it, nor with zeros alone", () => {
    for (const text of ['{"a":1}\0x', "\0", "\0\0", ""]) {
      expect(() => decodePayload(profile, json(text))).toThrow(expect.objectContaining({ code: "bad-payload" }));
    }
  });

  it.each(['{"__proto__":{"isAdmin":true}}', '{"a":[{"__proto__":1}]}', '{"\\u005f_proto__":{}}'])(
    "is refused with the key __proto__: %s",
    (text) => {
      expect(() => decodePayload(profile, json(text))).toThrow(expect.objectContaining({ code: "bad-payload" }));
    },
  );

  it("is read 32 deep and refused deeper, however deep", () => {
    const nested = (depth: number) => json(`{"a":${"[".repeat(depth - 1)}${"]".repeat(depth - 1)}}`);
    expect(decodePayload(profile, nested(32))).toHaveProperty("a");
    for (const depth of [33, 1000, 5000, 30_000]) {
      expect(() => decodePayload(profile, nested(depth))).toThrow(expect.objectContaining({ code: "bad-payload" }));
    }
  });
});

describe("an envelope in longer forms than a writer uses", () => {
  const envelope = {
    ...{ id: createMessageId(), source: 1, sequence: 2, topic: "chat", flags: 0, age: 3, index: 0, count: 1 },
    body: encodeValue("hello"),
  };
  const { payload } = encodeEnvelope(envelope);
  // Behind the id, which holds any byte.
  const topicAt = payload.indexOf(0xa4, 21);
  const withTopic = (...head: number[]) =>
    Uint8Array.from([...payload.subarray(0, topicAt), ...head, ...payload.subarray(topicAt + 1)]);

  it.each([
    ["an array 16", Uint8Array.from([0xc1, 1, 0xdc, 0, 9, ...payload.subarray(3)])],
    ["an array 32", Uint8Array.from([0xc1, 1, 0xdd, 0, 0, 0, 9, ...payload.subarray(3)])],
    ["a topic as str 8", withTopic(0xd9, 4)],
    ["a topic as str 16", withTopic(0xda, 0, 4)],
    ["a topic as str 32", withTopic(0xdb, 0, 0, 0, 4)],
  ])("is read: %s", (_, bytes) => {
    expect(decodeEnvelope(bytes)).toEqual(envelope);
  });

  it.each([
    ["bin 16", [0xc5, 0, 2]],
    ["bin 32", [0xc6, 0, 0, 0, 2]],
  ])("is read: a fragment as %s", (_, head) => {
    const fragment = { ...envelope, count: 2, body: Uint8Array.of(8, 9) };
    const { payload: short } = encodeEnvelope(fragment);
    const bytes = Uint8Array.from([...short.subarray(0, -4), ...head, 8, 9]);
    expect(decodeEnvelope(bytes)).toEqual(fragment);
  });

  it.each([
    ["an array 32 that is cut", [0xc1, 1, 0xdd, 0, 0]],
    ["an array 32 of four thousand million", [0xc1, 1, 0xdd, 0xff, 0xff, 0xff, 0xff, 0]],
    ["a map", [0xc1, 1, 0xde, 0, 9]],
  ])("is refused: %s", (_, bytes) => {
    expect(() => decodeEnvelope(Uint8Array.from(bytes))).toThrow(expect.objectContaining({ code: "bad-envelope" }));
  });

  it("is refused with a topic of 256 bytes in any form", () => {
    const topic = [0xda, 1, 0, ...new Uint8Array(256).fill(0x61)];
    const bytes = Uint8Array.from([...payload.subarray(0, topicAt), ...topic, ...payload.subarray(topicAt + 5)]);
    expect(() => decodeEnvelope(bytes)).toThrow("255 bytes");
  });
});

describe("a value that would hold much more memory than it has bytes", () => {
  /** As many of an element as fit into so many bytes. */
  const list = (bytes: number, ...element: number[]) => {
    const count = Math.floor((bytes - 5) / element.length);
    const value = new Uint8Array(5 + count * element.length);
    value.set([0xdd, count >>> 24, (count >>> 16) & 255, (count >>> 8) & 255, count & 255]);
    for (let index = 0; index < count; index += 1) value.set(element, 5 + index * element.length);
    return value;
  };
  const heavy: [string, number[], unknown][] = [
    ["empty maps", [0x80], {}],
    ["empty bytes", [0xc4, 0], new Uint8Array(0)],
    ["empty arrays", [0x90], []],
    ["maps of an empty key", [0x81, 0xa0, 0xc0], { "": null }],
  ];

  it.each(heavy)("is refused by the reader and by the writer: 64 KiB of %s", (_, element, value) => {
    const refusal = expect.objectContaining({ name: "WireError", code: "payload-too-large", limitBytes: 2_097_152 });
    expect(() => decodeValue(list(65_536, ...element))).toThrow(refusal);
    const values = new Array(Math.floor(65_531 / element.length)).fill(value);
    const header = { id: createMessageId(), source: 1, sequence: 0 };
    expect(() => encodeMessage(inband(), values, header)).toThrow(refusal);
  });

  it.each([
    ["small integers", new Array(65_000).fill(1)],
    ["pairs of numbers", new Array(20_000).fill([1, 2])],
    ["points", new Array(9000).fill({ x: 1, y: 2 })],
    ["words", new Array(13_000).fill("word")],
    ["one long text", "x".repeat(65_000)],
  ])("is not one of 64 KiB of %s", (_, value) => {
    expect(decodeValue(Uint8Array.from(encodeValue(value)))).toEqual(value);
    const header = { id: createMessageId(), source: 1, sequence: 0 };
    expect(encodeMessage(inband(), value, header).length).toBeGreaterThan(1);
  });
});

describe("the offset of a bad envelope", () => {
  const { payload } = encodeEnvelope({
    ...{ id: createMessageId(), source: 1, sequence: 2, topic: "chat", flags: 0, age: 0, index: 0, count: 2 },
    body: Uint8Array.of(1),
  });
  // Mark, version and array take 3 bytes, the id 18, the source 5, the sequence 1, the topic 5, the flags 1, the age 5.
  it.each([
    ["the id", 3],
    ["the source", 21],
    ["the topic", 27],
    ["the age", 33],
    ["the fragment", 40],
  ])("is where %s begins", (_, offset) => {
    const broken = payload.slice();
    broken[offset] = 0xc2;
    expect(() => decodeEnvelope(broken)).toThrow(expect.objectContaining({ code: "bad-envelope", offset }));
  });
});
