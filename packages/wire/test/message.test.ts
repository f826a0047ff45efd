import { buildSei, buildUserDataUnregistered } from "@inband/h264";
import {
  createMessageId,
  decodeEnvelope,
  decodeValue,
  type EncodedPayload,
  encodeMessage,
  encodeValue,
  inband,
  ivs,
  messageIdTimeMs,
} from "@inband/wire";
import fc from "fast-check";
import { describe, expect, it, onTestFinished, vi } from "vitest";

const header = { id: createMessageId(), source: 0x0000_0001, sequence: 0, topic: "chat" };
const limitBytes = 65_536;

/** The escaped SEI NAL unit of a payload, with its age overwritten. */
function nalUnit({ payload, ageOffset = 0 }: EncodedPayload, age: number): Uint8Array {
  const filled = payload.slice();
  new DataView(filled.buffer).setUint32(ageOffset, age);
  return buildSei([{ payloadType: 5, payload: buildUserDataUnregistered({ uuid: inband().uuid, payload: filled }) }]);
}

function joined(parts: readonly EncodedPayload[]): unknown {
  const envelopes = parts.map(({ payload }) => decodeEnvelope(payload));
  expect(envelopes.map(({ index, count }) => [index, count])).toEqual(parts.map((_, index) => [index, parts.length]));
  return decodeValue(Uint8Array.from(envelopes.flatMap(({ body }) => [...body])));
}

describe("profile inband", () => {
  it("has its UUID", () => {
    const hex = Array.from(inband().uuid, (byte) => byte.toString(16).padStart(2, "0")).join("");
    expect(hex).toBe("73fe4a2c0b554d3c8155c37ebacbdefc");
  });

  it("carries exactly 64 KiB in fragments, and refuses one byte more", () => {
    const value = new Uint8Array(limitBytes - 3).fill(7);
    const parts = encodeMessage(inband(), value, header);
    expect(parts.length).toBeGreaterThan(60);
    expect(joined(parts)).toEqual(value);
    expect(() => encodeMessage(inband(), new Uint8Array(limitBytes - 2), header)).toThrow(
      expect.objectContaining({ code: "payload-too-large", limitBytes, actualBytes: limitBytes + 1 }),
    );
    expect(() => encodeMessage(inband(), "x".repeat(limitBytes - 2), header)).toThrow(
      expect.objectContaining({ code: "payload-too-large", limitBytes, actualBytes: limitBytes + 1 }),
    );
  });

  it("keeps every SEI NAL unit within 1100 escaped bytes, whatever the bytes and the age are", () => {
    const run = fc.tuple(fc.constantFrom(0, 0, 1, 3, 0x80, 0xff), fc.nat(3000));
    const topic = fc.option(fc.string({ unit: fc.constantFrom("t", "\0"), maxLength: 255 }), { nil: undefined });
    fc.assert(
      fc.property(
        fc.array(run, { maxLength: 6 }),
        topic,
        fc.constantFrom(0, 3, 0x0100_0000, 3000),
        (runs, name, age) => {
          const value = Uint8Array.from(runs.flatMap(([byte, length]) => new Array<number>(length).fill(byte)));
          const { topic: _, ...rest } = header;
          const parts = encodeMessage(inband(), value, { ...rest, ...(name === undefined ? {} : { topic: name }) });
          for (const part of parts) expect(nalUnit(part, age).length).toBeLessThanOrEqual(1100);
          expect(joined(parts)).toEqual(value);
        },
      ),
      { numRuns: 60 },
    );
  });

  it("stays within 256 fragments for the worst bytes under the longest topic", () => {
    const parts = encodeMessage(inband(), new Uint8Array(limitBytes - 3), { ...header, topic: "\0".repeat(255) });
    expect(parts.length).toBeGreaterThan(128);
    expect(parts.length).toBeLessThanOrEqual(256);
    for (const part of parts) expect(nalUnit(part, 0).length).toBeLessThanOrEqual(1100);
    expect(joined(parts)).toEqual(new Uint8Array(limitBytes - 3));
  });

  it("fills the NAL units: no more fragments than the bytes need", () => {
    const parts = encodeMessage(inband(), new Uint8Array(10_000).fill(7), header);
    for (const part of parts.slice(0, -1)) expect(nalUnit(part, 0).length).toBeGreaterThan(1080);
  });

  it("finds the fragments in one walk: envelopes are made for them alone, not to measure where they end", () => {
    const made = vi.spyOn(TextEncoder.prototype, "encode");
    onTestFinished(() => made.mockRestore());
    const parts = encodeMessage(inband(), new Uint8Array(60_000).fill(1), header);
    const topics = made.mock.calls.filter(([text]) => text === header.topic).length;
    // One more to check its size, one to measure what stands around a fragment.
    expect(topics).toBeLessThanOrEqual(parts.length + 2);
  });

  it("says how many of its bytes are the value", () => {
    for (const length of [10, 5000]) {
      const parts = encodeMessage(inband(), new Uint8Array(length).fill(7), header);
      const valueBytes = parts.reduce((sum, part) => sum + (part.valueBytes ?? 0), 0);
      expect(valueBytes).toBe(encodeValue(new Uint8Array(length)).length);
    }
  });

  it("refuses a topic of 256 bytes", () => {
    expect(() => encodeMessage(inband(), 1, { ...header, topic: "\u00e9".repeat(128) })).toThrow(RangeError);
    expect(encodeMessage(inband(), 1, { ...header, topic: "t".repeat(255) })).toHaveLength(1);
  });
});

describe("profile ivs", () => {
  it("has the UUID of Amazon's SDKs, and one message for each NAL unit", () => {
    const hex = Array.from(ivs().uuid, (byte) => byte.toString(16).padStart(2, "0")).join("");
    expect(hex).toBe("9e504ea5ee5a4f02949fb033a3768da2");
    expect(ivs()).toMatchObject({ alone: true, bytesPerSecond: 10_240, maxCopies: 31, keyFrameCopies: 0 });
  });

  it("carries 1 to 1024 bytes as they are", () => {
    for (const length of [1, 1024]) {
      const value = new Uint8Array(length).fill(9);
      expect(encodeMessage(ivs(), value, header)).toEqual([{ payload: value }]);
    }
    expect(() => encodeMessage(ivs(), new Uint8Array(1025), header)).toThrow(
      expect.objectContaining({ code: "payload-too-large", limitBytes: 1024, actualBytes: 1025 }),
    );
    expect(() => encodeMessage(ivs(), new Uint8Array(), header)).toThrow(TypeError);
  });

  it("copies the bytes, so that the caller may change them", () => {
    const value = Uint8Array.of(1, 2, 3);
    const [encoded] = encodeMessage(ivs(), value, header);
    value.fill(0);
    expect(encoded?.payload).toEqual(Uint8Array.of(1, 2, 3));
  });

  it("refuses anything but bytes", () => {
    expect(() => encodeMessage(ivs(), "text", header)).toThrow(TypeError);
    expect(() => encodeMessage(ivs(), null, header)).toThrow(TypeError);
  });

  it("carries any value in an envelope when asked, within the same 1024 bytes", () => {
    const profile = ivs({ envelope: true });
    expect(joined(encodeMessage(profile, { text: "hello" }, header))).toEqual({ text: "hello" });
    const room = 1024 - (encodeMessage(profile, "x".repeat(300), header)[0]?.payload.length ?? 0) + 300;
    expect(encodeMessage(profile, "x".repeat(room), header)[0]?.payload).toHaveLength(1024);
    expect(() => encodeMessage(profile, "x".repeat(room + 1), header)).toThrow(
      expect.objectContaining({ code: "payload-too-large", actualBytes: 1025 }),
    );
  });
});

describe("a message id", () => {
  it("is a UUIDv7 that says when the message was published", () => {
    const nowMs = Date.UTC(2026, 10, 21);
    const id = createMessageId({ nowMs: nowMs + 0.7, random: (bytes) => bytes.fill(0xab) });
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(messageIdTimeMs(id)).toBe(nowMs);
  });

  it("differs within a millisecond", () => {
    const ids = Array.from({ length: 1000 }, () => createMessageId({ nowMs: 0 }));
    expect(new Set(ids).size).toBe(1000);
  });
});
