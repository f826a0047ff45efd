import {
  buildSei,
  buildUserDataSei,
  buildUserDataUnregistered,
  H264Error,
  joinAnnexB,
  parseSei,
  parseUserDataUnregistered,
  readSei,
  readUserData,
  type SeiEnding,
  splitAnnexB,
  walkSei,
} from "@inband/h264";
import { bytes } from "@inband/rig/arbitraries";
import { hex } from "@inband/rig/hex";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

const uuid = hex("73 fe 4a 2c 0b 55 4d 3c 81 55 c3 7e ba cb de fc");

function userData(payload: Uint8Array): { payloadType: number; payload: Uint8Array } {
  return { payloadType: 5, payload: buildUserDataUnregistered({ uuid, payload }) };
}

function read(nal: Uint8Array): { payloads: Uint8Array[]; broken: number } {
  const payloads: Uint8Array[] = [];
  const broken = readUserData(nal, (_, payload) => payloads.push(payload));
  return { payloads, broken };
}

function thrown(call: () => unknown): H264Error {
  try {
    call();
  } catch (error) {
    if (error instanceof H264Error) return error;
  }
  throw new Error("no H264Error was thrown");
}

describe("SEI messages (rules 3, 5 and 6)", () => {
  it("refuses more messages than any sender writes, which would take a hundred times their bytes", () => {
    const nal = new Uint8Array(400_000).fill(0);
    nal[0] = 6;
    for (let at = 1; at < nal.length - 1; at += 2) nal.set([5, 0], at);
    nal[nal.length - 1] = 0x80;
    expect(thrown(() => parseSei(nal)).code).toBe("too-large");
    expect(read(nal).broken).toBeGreaterThan(190_000);
  });

  it("writes header 06: nal_ref_idc is 0 for SEI (rule 3)", () => {
    expect(buildSei([{ payloadType: 1, payload: hex("aa") }])).toEqual(hex("06 01 01 aa 80"));
  });

  it("reads SEI under another nal_ref_idc, as Millicast (66) and others write it (rule 3)", () => {
    expect(parseSei(hex("66 01 01 aa 80"))).toEqual([{ payloadType: 1, payload: hex("aa") }]);
  });

  it.each([
    [254, "fe"],
    [255, "ff 00"],
    [256, "ff 01"],
    [510, "ff ff 00"],
  ])("writes type and size %i as %s (rule 5)", (value, sum) => {
    const payload = new Uint8Array(value).fill(0x11);
    const nal = buildSei([{ payloadType: value, payload }]);
    const length = hex(sum).length;
    expect(nal.subarray(1, 1 + length)).toEqual(hex(sum));
    expect(nal.subarray(1 + length, 1 + 2 * length)).toEqual(hex(sum));
    expect(parseSei(nal)).toEqual([{ payloadType: value, payload }]);
  });

  it("reads several messages of one NAL unit, and 80 as a type where more follows (rule 5)", () => {
    const messages = [
      { payloadType: 1, payload: hex("01 02") },
      { payloadType: 128, payload: hex("03") },
      userData(hex("04")),
      { payloadType: 300, payload: new Uint8Array(0) },
    ];
    expect(parseSei(buildSei(messages))).toEqual(messages);
  });

  it("escapes a pattern that begins in one message and ends in the next (rule 1)", () => {
    const messages = [
      { payloadType: 4, payload: hex("aa 00 00") },
      { payloadType: 1, payload: hex("00") },
    ];
    const nal = buildSei(messages);
    expect(nal).toEqual(hex("06 04 03 aa 00 00 03 01 01 00 80"));
    expect(parseSei(nal)).toEqual(messages);
  });

  it("gives back the messages that were built, through a byte stream too", () => {
    const message = fc.record({
      payloadType: fc.oneof(fc.constantFrom(0, 1, 5, 128, 254, 255, 256, 510), fc.nat(2000)),
      payload: bytes(300),
    });
    fc.assert(
      fc.property(fc.array(message, { minLength: 1, maxLength: 6 }), (messages) => {
        const [nal] = splitAnnexB(joinAnnexB([buildSei(messages)]));
        expect(parseSei(nal as Uint8Array)).toEqual(messages);
      }),
    );
  });

  it.each([
    ["no trailing bits", "06 01 01 aa"],
    ["a stop bit elsewhere in the last byte, as Millicast's test frames have it", "06 01 01 aa 40"],
    ["zeros after the trailing bits", "06 01 01 aa 80 00 00"],
    ["cabac_zero_words after the trailing bits", "06 01 01 aa 80 00 00 03"],
  ])("tolerates %s (rule 6)", (_, nal) => {
    expect(parseSei(hex(nal))).toEqual([{ payloadType: 1, payload: hex("aa") }]);
  });

  it("does not read a payload again as messages where the trailing bits are missing (rule 6)", () => {
    const forged = hex("05 11 00 11 22 33 44 55 66 77 88 99 aa bb cc dd ee ff 58");
    const nal = Uint8Array.from([6, 5, 16 + forged.length, ...uuid, ...forged]);
    expect(read(nal)).toEqual({ payloads: [forged], broken: 0 });
  });

  it("refuses a message that announces more than there is, and never delivers the rest as complete (rule 6)", () => {
    const nal = hex("06 01 01 aa 05 64 01 02 03 80");
    expect(thrown(() => parseSei(nal))).toMatchObject({ code: "truncated", clause: "H.264 7.3.2.3.1", offset: 4 });
    expect(read(nal)).toEqual({ payloads: [], broken: 1 });
    expect(thrown(() => parseSei(hex("06 01 02 aa"))).code).toBe("truncated");
    expect(read(hex("06 ff ff ff"))).toEqual({ payloads: [], broken: 1 });
    expect(read(hex("06 05 ff ff"))).toEqual({ payloads: [], broken: 1 });
  });

  it("refuses what is not a SEI NAL unit, and a set forbidden_zero_bit (rule 3)", () => {
    expect(thrown(() => parseSei(new Uint8Array(0))).code).toBe("no-nal-unit");
    expect(thrown(() => parseSei(hex("65 88"))).code).toBe("no-nal-unit");
    expect(thrown(() => parseSei(hex("86 01 01 aa 80"))).code).toBe("forbidden-bit");
    expect(read(hex("86 01 01 aa 80"))).toEqual({ payloads: [], broken: 1 });
    expect(read(hex("65 88"))).toEqual({ payloads: [], broken: 0 });
    expect(read(new Uint8Array(0))).toEqual({ payloads: [], broken: 0 });
  });

  it("refuses to build nothing, and impossible types", () => {
    expect(() => buildSei([])).toThrow(RangeError);
    expect(() => buildSei([{ payloadType: -1, payload: uuid }])).toThrow(RangeError);
    expect(() => buildSei([{ payloadType: 1.5, payload: uuid }])).toThrow(RangeError);
  });
});

describe("user_data_unregistered (rules 5, 6 and 8)", () => {
  it("splits UUID and payload, and takes a message that is a UUID alone", () => {
    expect(parseUserDataUnregistered(Uint8Array.from([...uuid, 7, 8]))).toEqual({ uuid, payload: hex("07 08") });
    expect(parseUserDataUnregistered(uuid)).toEqual({ uuid, payload: new Uint8Array(0) });
    expect(read(buildSei([userData(new Uint8Array(0))])).payloads).toEqual([new Uint8Array(0)]);
  });

  it("refuses fewer than 16 bytes (rule 6)", () => {
    expect(thrown(() => parseUserDataUnregistered(uuid.subarray(1)))).toMatchObject({ code: "truncated", offset: 15 });
    const nal = buildSei([{ payloadType: 5, payload: hex("01 02") }, userData(hex("aa"))]);
    expect(read(nal)).toEqual({ payloads: [hex("aa")], broken: 1 });
    expect(() => buildUserDataUnregistered({ uuid: hex("01"), payload: uuid })).toThrow(RangeError);
    expect(() => buildUserDataSei({ uuid: hex("01"), payload: uuid })).toThrow(RangeError);
  });

  it("finds each message among other types: 37 is not 5, 261 is not 5 (rule 5)", () => {
    const nal = buildSei([
      { payloadType: 1, payload: hex("00 11") },
      { payloadType: 37, payload: new Uint8Array(20) },
      userData(hex("01")),
      { payloadType: 261, payload: new Uint8Array(20) },
      userData(hex("02")),
    ]);
    expect(read(nal)).toEqual({ payloads: [hex("01"), hex("02")], broken: 0 });
  });

  it("builds in one step what it builds in two", () => {
    fc.assert(
      fc.property(bytes(600), (payload) => {
        expect(buildUserDataSei({ uuid, payload })).toEqual(buildSei([userData(payload)]));
      }),
    );
  });

  it("never throws, whatever the bytes", () => {
    fc.assert(
      fc.property(bytes(120), fc.boolean(), (body, isSei) => {
        const nal = isSei ? Uint8Array.from([6, 5, ...body]) : body;
        const { broken } = read(nal);
        expect(broken).toBeGreaterThanOrEqual(0);
        try {
          parseSei(nal);
        } catch (error) {
          expect(error).toBeInstanceOf(H264Error);
        }
      }),
    );
  });
});

describe("walkSei (7.3.2.3)", () => {
  it.each<[SeiEnding, string, [number, number, number][]]>([
    [
      "complete",
      "06 01 02 aa bb 04 00 80",
      [
        [1, 3, 5],
        [4, 7, 7],
      ],
    ],
    ["no-trailing-bits", "06 01 02 aa bb", [[1, 3, 5]]],
    ["odd-trailing-bits", "06 01 01 aa 40", [[1, 3, 4]]],
    ["truncated", "06 01 01 aa 04 09 cc 80", [[1, 3, 4]]],
  ])("ends %s for %s", (ending, nal, messages) => {
    const visited: [number, number, number][] = [];
    expect(walkSei(hex(nal), (...message) => visited.push(message))).toBe(ending);
    expect(visited).toEqual(messages);
  });
});

describe("readSei", () => {
  const messages = (nal: Uint8Array): unknown[] => {
    const found: unknown[] = [];
    readSei(nal, (message) => found.push(message));
    return found;
  };

  it("visits what parseSei returns, and what stands in front of a broken message", () => {
    const whole = hex("06 01 02 aa bb 04 01 cc 80");
    expect(messages(whole)).toEqual(parseSei(whole));
    expect(messages(hex("06 01 02 aa bb 04 09 cc 80"))).toEqual([{ payloadType: 1, payload: hex("aa bb") }]);
  });

  it("visits any number of messages", () => {
    expect(messages(hex(`06 ${"01 00 ".repeat(70_000)} 80`))).toHaveLength(70_000);
  });

  it("visits nothing in what is no SEI NAL unit, and never throws", () => {
    expect(messages(hex("86 01 01 aa 80"))).toEqual([]);
    expect(messages(hex("09 01 01 aa 80"))).toEqual([]);
    fc.assert(fc.property(bytes(100), (nal) => readSei(nal, () => undefined)));
  });
});
