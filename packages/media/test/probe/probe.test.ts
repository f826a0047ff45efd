import { NalUnitType, nalUnitType, parseSei, readUserData } from "@inband/h264";
import { Probe, probeMessage } from "@inband/media/probe";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { probed, video } from "./video.ts";

describe("a probe", () => {
  it("sends messages of 0 to 1000 bytes around each ff_byte, with every content, under several UUIDs", () => {
    const messages = Array.from({ length: 920 }, (_, number) => probeMessage("abc123", number));
    const sizes = new Set(messages.map(({ payload }) => payload.length));
    for (const size of [0, 1, 2, 238, 239, 240, 493, 494, 495, 748, 749, 750, 1000]) expect(sizes).toContain(size);
    expect(new Set(messages.map(({ content }) => content)).size).toBe(8);
    expect(new Set(messages.map(({ uuid }) => String(uuid))).size).toBeGreaterThan(5);
    // 23 sizes and 8 contents: each with each.
    expect(new Set(messages.map(({ payload, content }) => `${payload.length} ${content}`)).size).toBe(23 * 8);
  });

  it("sends no two messages of equal bytes", () => {
    const bytes = Array.from({ length: 2000 }, (_, number) => probeMessage("abc123", number));
    expect(new Set(bytes.map(({ uuid, payload }) => `${uuid} ${payload}`)).size).toBe(2000);
  });

  it("makes the same message of the same number anywhere", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 999_999 }), (number) => {
        expect(probeMessage("abc123", number)).toEqual(probeMessage("abc123", number));
        expect(probeMessage("abc124", number)).not.toEqual(probeMessage("abc123", number));
      }),
    );
  });

  it("makes messages of the size and content that are asked for", () => {
    const large = probeMessage("abc123", 7, { payloadBytes: 59_984, content: "zeros", payloadType: 243 });
    expect(large.payload.length).toBe(59_984);
    expect(large.payloadType).toBe(243);
    expect(large.payload.subarray(12).every((byte) => byte === 0)).toBe(true);
    expect(probeMessage("abc123", 7, { payloadBytes: 0 }).uuid).toEqual(
      probeMessage("abc123", 7, { payloadBytes: 5 }).uuid,
    );
  });

  it("puts messages before the slices and behind all else, and leaves every other NAL unit as it was", () => {
    const accessUnits = video(40);
    const { sent } = probed(accessUnits);
    for (const [index, { nalUnits }] of sent.entries()) {
      const types = nalUnits.map(nalUnitType);
      expect(types.filter((type) => type !== NalUnitType.Sei)).toEqual(accessUnits[index]?.nalUnits.map(nalUnitType));
      expect(types.join()).toMatch(/^(7,8,)?(6,)*(5|1)$/);
    }
  });

  it("remembers exactly what is in the access units", () => {
    const { probe, sent } = probed(video(40));
    const told = probe.pictures.map(({ messages }) => messages.map(({ uuid, payload }) => [...uuid, ...payload]));
    const found = sent.map(({ nalUnits }) => {
      const all: number[][] = [];
      for (const nal of nalUnits) readUserData(nal, (uuid, payload) => all.push([...uuid, ...payload]));
      // What stands beside them has the UUID of x264 and no number.
      return all.filter((bytes) => !String.fromCharCode(...bytes.slice(16)).startsWith("options:"));
    });
    expect(found).toEqual(told);
    expect(probe.messages).toBe(told.flat().length);
  });

  it("sends them alone, several in a NAL unit, in several, behind other SEI, and leaves some pictures without", () => {
    const { probe, sent } = probed(video(7));
    expect(probe.pictures.map(({ messages }) => messages.length)).toEqual([1, 2, 3, 1, 0, 1, 3]);
    const inNalUnits = sent.map(({ nalUnits }) =>
      nalUnits.filter((nal) => nalUnitType(nal) === NalUnitType.Sei).map((nal) => parseSei(nal).length),
    );
    expect(inNalUnits).toEqual([[1], [1, 1], [3], [2], [], [1, 1], [1, 1, 2]]);
  });

  it("leaves an access unit without slices as it is", () => {
    const probe = new Probe();
    const [first] = video(1);
    const sets = { ...first, nalUnits: first?.nalUnits.slice(0, 2) ?? [] } as NonNullable<typeof first>;
    expect(probe.insert(sets)).toBe(sets);
    expect(probe.pictures).toHaveLength(0);
  });

  it("refuses ids and numbers that do not fit", () => {
    expect(() => new Probe({ id: "ABC123" })).toThrow(RangeError);
    expect(() => probeMessage("abc12", 0)).toThrow(RangeError);
    expect(() => probeMessage("abc123", -1)).toThrow(RangeError);
    expect(() => probeMessage("abc123", 1_000_000)).toThrow(RangeError);
  });
});
