import { hex, hexOf } from "@inband/rig/hex";
import { decodeEnvelope, decodeValue, encodeEnvelope, encodeMessage, inband } from "@inband/wire";
import { describe, expect, it } from "vitest";
import vectors from "./vectors/envelope-v1.json" with { type: "json" };

const isHex = (value: unknown): value is { hex: string } =>
  typeof value === "object" && value !== null && "hex" in value;

describe("envelope v1, against vectors written by another program from SPEC.md", () => {
  for (const { name, payload, ageOffset, value: shown, ...fields } of vectors.messages) {
    const value = isHex(shown) ? hex(shown.hex) : shown;
    const topic = fields.topic ?? undefined;

    it(`reads ${name}`, () => {
      const { body, ...read } = decodeEnvelope(hex(payload));
      expect(read).toEqual({ ...fields, topic });
      expect(decodeValue(body)).toEqual(value);
    });

    it(`writes ${name}`, () => {
      const { id, source, sequence, flags, age } = fields;
      const [encoded, ...more] = encodeMessage(inband(), value, {
        id,
        source,
        sequence,
        flags,
        ...(topic === undefined ? {} : { topic }),
      });
      expect(more).toEqual([]);
      expect(encoded?.ageOffset).toBe(ageOffset);
      const written = encoded?.payload ?? new Uint8Array();
      new DataView(written.buffer).setUint32(ageOffset, age);
      expect(hexOf(written)).toBe(payload);
    });
  }

  for (const { name, payload, ageOffset, fragment, ...fields } of vectors.fragments) {
    it(`reads and writes ${name}`, () => {
      const envelope = { ...fields, topic: fields.topic ?? undefined, body: hex(fragment) };
      expect(decodeEnvelope(hex(payload))).toEqual(envelope);
      const encoded = encodeEnvelope(envelope);
      expect(hexOf(encoded.payload)).toBe(payload);
      expect(encoded.ageOffset).toBe(ageOffset);
    });
  }
});
