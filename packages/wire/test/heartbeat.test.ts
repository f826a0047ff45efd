import {
  decodeEnvelope,
  decodeValue,
  EnvelopeFlag,
  encodeMessage,
  type HeartbeatTopic,
  inband,
  readHeartbeat,
  WireError,
  writeHeartbeat,
} from "@inband/wire";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import vectors from "./vectors/envelope-v1.json" with { type: "json" };

const uint32 = fc.oneof(fc.constantFrom(0, 1, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff), fc.nat());
const topic: fc.Arbitrary<HeartbeatTopic> = fc.record(
  {
    topic: fc.option(
      fc.string({ unit: "grapheme", maxLength: 20 }).filter((text) => !text.startsWith("\ufeff")),
      { nil: undefined },
    ),
    lastSequence: uint32,
    withdrawn: fc.array(uint32, { maxLength: 32 }),
    history: fc.record({ pending: uint32, since: uint32, first: uint32 }),
  },
  { requiredKeys: ["topic", "lastSequence", "withdrawn"] },
);

describe("a heartbeat", () => {
  it("reads back as it was written, through an envelope", () => {
    fc.assert(
      fc.property(fc.array(topic, { maxLength: 5 }), (topics) => {
        const header = { id: "019a9e2c-7b40-7abc-8def-0123456789ab", source: 1, sequence: 3 };
        const parts = encodeMessage(inband(), writeHeartbeat(topics), { ...header, flags: EnvelopeFlag.Heartbeat });
        fc.pre(parts.length === 1);
        const { flags, body } = decodeEnvelope(parts[0]?.payload ?? new Uint8Array());
        expect(flags).toBe(EnvelopeFlag.Heartbeat);
        expect(readHeartbeat(decodeValue(body))).toEqual(topics);
      }),
    );
  });

  it("is read from the golden vector, with a nil topic and numbers of every width", () => {
    const vector = vectors.messages.find(({ name }) => name === "a heartbeat");
    expect(readHeartbeat(vector?.value)).toEqual([
      { topic: "chat", lastSequence: 4, withdrawn: [], history: { pending: 2, since: 17, first: 0 } },
      { topic: undefined, lastSequence: 0, withdrawn: [] },
      { topic: "clock", lastSequence: 0xffff_ffff, withdrawn: [4_294_967_290, 70_000, 300] },
    ]);
  });

  it("may say more of a topic, which is ignored", () => {
    expect(readHeartbeat([["t", 1, [], 0, 2]])).toEqual([{ topic: "t", lastSequence: 1, withdrawn: [] }]);
    expect(readHeartbeat([["t", 1, [], 0, 2, 1, "more"]])).toEqual([
      { topic: "t", lastSequence: 1, withdrawn: [], history: { pending: 0, since: 2, first: 1 } },
    ]);
  });

  const entry = ["t", 1, []];
  const refused: [string, unknown][] = [
    ["nothing", undefined],
    ["a map", {}],
    ["65 topics", new Array(65).fill(entry)],
    ["a topic that is a map", [{}]],
    ["a topic of two fields", [["t", 1]]],
    ["a topic that is a number", [[7, 1, []]]],
    ["a topic of 256 bytes", [["\u00e9".repeat(128), 1, []]]],
    ["a last sequence below zero", [["t", -1, []]]],
    ["a last sequence of 33 bits", [["t", 2 ** 32, []]]],
    ["a last sequence that is not whole", [["t", 0.5, []]]],
    ["a last sequence that is a bigint", [["t", 1n, []]]],
    ["withdrawn that is no array", [["t", 1, 2]]],
    ["33 withdrawn", [["t", 1, new Array(33).fill(0)]]],
    ["a withdrawn text", [["t", 1, ["0"]]]],
    ["a history of texts", [["t", 1, [], "0", "1", "2"]]],
    ["a history below zero", [["t", 1, [], 0, 0, -1]]],
  ];
  for (const [name, value] of refused) {
    it(`is refused with ${name}`, () => {
      expect(() => readHeartbeat(value)).toThrow(expect.objectContaining({ name: "WireError", code: "bad-envelope" }));
    });
  }

  it("that is hostile throws a WireError and nothing else", () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.anything(), fc.array(fc.anything()))), (value) => {
        try {
          readHeartbeat(value);
        } catch (error) {
          expect(error).toBeInstanceOf(WireError);
        }
      }),
    );
  });

  it("is not written with more than may be read", () => {
    const one: HeartbeatTopic = { topic: "t", lastSequence: 0, withdrawn: [] };
    expect(() => writeHeartbeat(new Array(65).fill(one))).toThrow("topics");
    expect(() => writeHeartbeat([{ ...one, topic: "t".repeat(256) }])).toThrow("topic");
    expect(() => writeHeartbeat([{ ...one, lastSequence: 2 ** 32 }])).toThrow("lastSequence");
    expect(() => writeHeartbeat([{ ...one, withdrawn: new Array(33).fill(1) }])).toThrow("withdrawn");
    const history = { pending: -1, since: 0, first: 0 };
    expect(() => writeHeartbeat([{ ...one, history }])).toThrow("history");
  });
});
