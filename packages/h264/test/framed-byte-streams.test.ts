import {
  type AccessUnit,
  buildSei,
  buildUserDataSei,
  findSeiAvcc,
  joinAvcc,
  nalUnitType,
  parseSei,
  readUserData,
  splitAvcc,
  splitFramed,
  stripSei,
} from "@inband/h264";
import { forEachSei, H264Depayloader } from "@inband/h264/rtp";
import { bytes, nalUnit } from "@inband/rig/arbitraries";
import { hex } from "@inband/rig/hex";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

const uuid = Uint8Array.from({ length: 16 }, (_, index) => index + 1);
const text = (payload: Uint8Array): string => new TextDecoder().decode(payload);
const userDataSei = (payload: string): Uint8Array =>
  buildUserDataSei({ uuid, payload: new TextEncoder().encode(payload) });
const sps = hex("67 42 e0 0a 96 52 85 89 c8");
const pps = hex("68 ce 38 80");
const idr = hex("65 88 84 12 34");
/** A slice that reads "type 5, 20 bytes" where it is taken for SEI. */
const forging = Uint8Array.from([0x41, 5, 20, ...uuid, ...new TextEncoder().encode("fake"), 0x80]);

/** NAL units in a row with a start code between them, as cameras frame them. */
function glued(nals: readonly Uint8Array[], startCode: readonly number[] = [0, 0, 1]): Uint8Array {
  return Uint8Array.from(nals.flatMap((nal, index) => (index === 0 ? [...nal] : [...startCode, ...nal])));
}

function textsOf(nal: Uint8Array): string[] {
  const texts: string[] = [];
  readUserData(nal, (_, payload) => texts.push(text(payload)));
  return texts;
}

const startCodes = [
  [0, 0, 1],
  [0, 0, 0, 1],
  [0, 0, 0, 0, 0, 1],
];

describe("a start code behind the end of a SEI message", () => {
  it.each(startCodes.map((startCode) => [startCode]))("ends the SEI NAL unit: %j (H.264 7.4.1)", (startCode) => {
    for (const behind of [forging, idr, userDataSei("second"), Uint8Array.of()]) {
      const both = glued([userDataSei("real"), behind], startCode);
      expect(textsOf(both)).toEqual(["real"]);
      expect(parseSei(both).map(({ payloadType, payload }) => [payloadType, payload.length])).toEqual([[5, 20]]);
    }
  });

  it("ends one without trailing bits and one with no message at all; one that ends in 00 is cut there, as in a byte stream", () => {
    const cut = hex("06 01 02 aa bb");
    for (const startCode of startCodes) {
      expect(parseSei(glued([cut, forging], startCode))).toEqual([{ payloadType: 1, payload: hex("aa bb") }]);
      expect(readUserData(glued([hex("06 01 02 aa 00"), forging], startCode), () => {})).toBe(1);
    }
    expect(textsOf(glued([hex("06"), forging]))).toEqual([]);
    expect(textsOf(glued([hex("06 80"), forging]))).toEqual([]);
  });

  it("is told from emulation prevention, in front of it too", () => {
    const zeros = buildSei([
      { payloadType: 4, payload: hex("00 00 00 00 01 00 00") },
      { payloadType: 1, payload: hex("00 00") },
    ]);
    expect(parseSei(glued([zeros, forging]))).toEqual(parseSei(zeros));
  });

  it("is part of the message where it lies in the size that this announces, as ONVIF signs media", () => {
    const signature = Uint8Array.from([...uuid, 1, 2, 0, 0, 0, 1, 5, 20, 0, 0, 1, 3, 4]);
    const sei = Uint8Array.from([6, 5, signature.length, ...signature, 0x80]);
    const read: Uint8Array[] = [];
    expect(readUserData(sei, (_, payload) => read.push(payload))).toBe(0);
    expect(read).toEqual([signature.subarray(16)]);
    expect(parseSei(glued([sei, forging]))).toEqual([{ payloadType: 5, payload: signature }]);
    expect(splitFramed(glued([sei, forging]))).toEqual([sei, forging]);
    expect(splitFramed(sei)[0]).toBe(sei);
  });

  it("ends a message that announces more than there is, which is counted as broken", () => {
    const whole = userDataSei("real");
    for (const short of [hex("06 05 fe 01 02 03"), whole.subarray(0, -2), whole.subarray(0, -3)]) {
      for (const startCode of startCodes) {
        expect(textsOf(glued([short, forging.subarray(0, 5)], startCode))).toEqual([]);
        expect(readUserData(glued([short, forging.subarray(0, 5)], startCode), () => {})).toBe(1);
        expect(splitFramed(glued([short, idr], startCode))).toEqual([short, idr]);
      }
    }
  });

  it("lets no message out that was not put in, whatever stands behind it", () => {
    const message = fc.record({ payloadType: fc.nat(300), payload: bytes(40) });
    fc.assert(
      fc.property(
        fc.array(message, { minLength: 1, maxLength: 3 }),
        fc.constantFrom(...startCodes),
        bytes(60),
        (messages, startCode, behind) => {
          expect(parseSei(glued([buildSei(messages), behind], startCode))).toEqual(messages);
        },
      ),
      { numRuns: 1000 },
    );
  });
});

describe("a byte stream that is framed as one NAL unit", () => {
  const sei = bytes(40).map((payload) => buildSei([{ payloadType: 4, payload }]));
  const access = [sps, pps, userDataSei("real"), idr, forging];

  it("is split as decoders split it, whatever the start codes, and at no byte that is none", () => {
    for (const startCode of startCodes) {
      expect(splitFramed(glued(access, startCode))).toEqual(access);
      expect(splitFramed(Uint8Array.from([...startCode, ...glued(access, startCode)]))).toEqual(access);
      expect(splitFramed(Uint8Array.from([...startCode, ...idr]))).toEqual([idr]);
    }
    fc.assert(
      fc.property(
        fc.array(fc.oneof(nalUnit([7, 8, 9, 12, 1, 5, 20], 80), sei), { minLength: 1, maxLength: 8 }),
        (nals) => {
          expect(splitFramed(glued(nals), "always").flatMap((nal) => [...nal])).toEqual(
            nals.flatMap((nal) => [...nal]),
          );
        },
      ),
    );
  });

  it("leaves a slice alone in which nothing in front of it was wrong: pictures are not searched", () => {
    const slices = glued([idr, forging]);
    expect(splitFramed(slices)).toEqual([slices]);
    expect(splitFramed(slices, "always")).toEqual([idr, forging]);
    expect(splitFramed(glued([sps, idr, forging]), "never")).toEqual([sps, slices]);
    expect(splitFramed(glued([hex("6e 40 80"), idr, forging]))).toEqual([hex("6e 40 80"), idr, forging]);
  });

  it("gives a sample its NAL units, and those of the next lengths as well", () => {
    expect(splitAvcc(joinAvcc([glued(access), glued([idr, forging])]))).toEqual([...access, idr, forging]);
    expect(findSeiAvcc(joinAvcc([glued(access)])).nals.map(textsOf)).toEqual([["real"]]);
  });

  it("keeps its slice when its SEI is stripped", () => {
    const unit: AccessUnit = {
      kind: "video",
      codec: "h264",
      nalUnits: [glued([userDataSei("real"), idr, forging])],
      timestamp: 0,
      isKeyFrame: true,
    };
    expect(stripSei(unit, () => true).nalUnits).toEqual([idr, forging]);
    expect(stripSei(unit, () => false)).toBe(unit);
  });

  const visited = (payload: Uint8Array): string[] => {
    const texts: string[] = [];
    forEachSei(payload, (nal) => texts.push(...textsOf(nal)));
    return texts;
  };
  const aggregate = (...nals: Uint8Array[]): Uint8Array =>
    Uint8Array.from([24, ...nals.flatMap((nal) => [nal.length >> 8, nal.length & 255, ...nal])]);

  it("gives its SEI to who reads single RTP payloads", () => {
    expect(visited(glued(access))).toEqual(["real"]);
    expect(visited(glued([userDataSei("real"), forging]))).toEqual(["real"]);
    expect(visited(aggregate(glued([sps, userDataSei("a")]), glued([userDataSei("b"), forging])))).toEqual(["a", "b"]);
    expect(visited(Uint8Array.from([0, 0, 0, 1, ...userDataSei("real")]))).toEqual(["real"]);
    expect(visited(forging)).toEqual([]);
  });

  it("is split by the depayloader in a single packet, a STAP-A and fragments, with a start code in front too", () => {
    const fragments = (nal: Uint8Array): Uint8Array[] => {
      const [header = 0, ...rest] = nal;
      const indicator = (header & 0x60) | 28;
      const half = rest.length >> 1;
      return [
        Uint8Array.from([indicator, 0x80 | (header & 31), ...rest.slice(0, half)]),
        Uint8Array.from([indicator, 0x40 | (header & 31), ...rest.slice(half)]),
      ];
    };
    for (const packets of [
      [glued(access)],
      [aggregate(glued(access.slice(0, 2)), glued(access.slice(2)))],
      fragments(glued(access)),
      [Uint8Array.from([0, 0, 1, ...glued(access)])],
      fragments(Uint8Array.from([0, 0, 0, 1, ...glued(access)])),
    ]) {
      const depayloader = new H264Depayloader();
      const found = packets.flatMap((payload, index) => [
        ...depayloader.push({ payload, sequenceNumber: index, rtpTimestamp: 1, marker: index === packets.length - 1 }),
      ]);
      expect(found).toMatchObject([{ nalUnits: access, isKeyFrame: true, isComplete: true }]);
      expect(depayloader.stats().startCodes).toBeGreaterThan(0);
    }
  });

  it("lets the depayloader search slices from then on", () => {
    const depayloader = new H264Depayloader();
    const types = [glued(access), glued([forging, forging])].flatMap((payload, index) =>
      depayloader
        .push({ payload, sequenceNumber: index, rtpTimestamp: index, marker: true })
        .map(({ nalUnits }) => nalUnits.map(nalUnitType)),
    );
    expect(types).toEqual([
      [7, 8, 6, 5, 1],
      [1, 1],
    ]);
  });

  it("does not stop what reads it, whatever the bytes", () => {
    fc.assert(
      fc.property(bytes(200), (any) => {
        const parts = splitFramed(any, "always");
        expect(parts.reduce((sum, nal) => sum + nal.length, 0)).toBeLessThanOrEqual(any.length);
        for (const nal of parts) expect(nal.length).toBeGreaterThan(0);
      }),
    );
  });
});
