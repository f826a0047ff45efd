import { buildUserDataSei, H264Error, nalUnitType, splitAnnexB } from "@inband/h264";
import { forEachSei, H264Depayloader, H264Payloader, parseRtpPayload, RtpReorder } from "@inband/h264/rtp";
import { anyNalUnit, bytes, nalUnit } from "@inband/rig/arbitraries";
import { hex } from "@inband/rig/hex";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { slices } from "./vectors.ts";

const uuid = hex("00112233445566778899aabbccddeeff");
const sei = buildUserDataSei({ uuid, payload: hex("07 08") });
const sps = hex("67 42 e0 0a 96 52 85 89 c8");
const pps = hex("68 ce 38 80");

function nal(header: number, length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (index === 0 ? header : 1 + (index % 200)));
}

/** Type, size and marker of each payload. */
function shape(nalUnits: readonly Uint8Array[], maxPayloadBytes = 1170): string[] {
  return new H264Payloader({ maxPayloadBytes })
    .payloads(nalUnits)
    .map(({ payload, marker }) => `${(payload[0] as number) & 31}:${payload.length}${marker ? " marker" : ""}`);
}

function code(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    if (error instanceof H264Error) return error.code;
  }
  return "none";
}

function depayload(nalUnits: readonly Uint8Array[], maxPayloadBytes: number, firstSequence = 65_530): Uint8Array[] {
  const depayloader = new H264Depayloader();
  const found = new H264Payloader({ maxPayloadBytes })
    .payloads(nalUnits)
    .flatMap(({ payload, marker }, index) =>
      depayloader.push({ payload, marker, sequenceNumber: (firstSequence + index) & 0xffff, rtpTimestamp: 90_000 }),
    );
  // The marker does not end what holds no picture.
  const last = depayloader.flush();
  if (last !== undefined) found.push(last);
  expect(found.map(({ isComplete }) => isComplete)).toEqual(nalUnits.length === 0 ? [] : [true]);
  return found.flatMap((accessUnit) => [...accessUnit.nalUnits]);
}

describe("H264Payloader (rules 15 to 19)", () => {
  it("sets the marker on the last payload alone: a SEI in front has none (rule 15)", () => {
    expect(shape([nal(0x06, 1000), nal(0x41, 1000)])).toEqual(["6:1000", "1:1000 marker"]);
    expect(shape([nal(0x41, 1000), nal(0x0c, 1000)])).toEqual(["1:1000", "12:1000 marker"]);
  });

  it("sends parameter sets and SEI of a key frame in one STAP-A, the slice as fragments (rule 19)", () => {
    expect(shape([sps, pps, sei, nal(0x65, 3000)])).toEqual([
      `24:${1 + 6 + 13 + sei.length}`,
      "28:1001",
      "28:1002",
      "28:1002 marker",
    ]);
  });

  it("sends SEI and a small slice in one STAP-A, and a large slice apart (rule 19)", () => {
    expect(shape([sei, nal(0x41, 200)])).toEqual([`24:${1 + 4 + sei.length + 200} marker`]);
    expect(shape([sei, nal(0x41, 1165)])).toEqual([`6:${sei.length}`, "1:1165 marker"]);
  });

  it("gives a STAP-A the highest NRI, ORed F, and 16-bit sizes (rule 16)", () => {
    const [packet] = new H264Payloader().payloads([hex("06 01 00 80"), hex("e8 ce"), hex("41 9a")]);
    expect(packet?.payload).toEqual(hex("f8 00 04 06 01 00 80 00 02 e8 ce 00 02 41 9a"));
    expect(new H264Payloader().payloads([sei])[0]?.payload[0]).toBe(0x06);
  });

  it("puts at most 9 NAL units into a STAP-A, as libwebrtc drops a frame with 10 (rule 16)", () => {
    const counts = new H264Payloader()
      .payloads(Array.from({ length: 20 }, () => hex("06 01 00 80")))
      .map(({ payload }) => parseRtpPayload(payload))
      .map((payload) => (payload.kind === "stap-a" ? payload.nals.length : payload.kind));
    expect(counts).toEqual([9, 9, 2]);
  });

  it("fills a payload to its limit and never above it (rule 16)", () => {
    expect(shape([nal(0x41, 1000), nal(0x41, 165)])).toEqual(["24:1170 marker"]);
    expect(shape([nal(0x41, 1000), nal(0x41, 166)])).toEqual(["1:1000", "1:166 marker"]);
    expect(shape([nal(0x41, 1170)])).toEqual(["1:1170 marker"]);
    expect(shape([nal(0x41, 1171)])).toEqual(["28:587", "28:587 marker"]);
  });

  it("fragments with start bit first, end bit last, never both, under the NRI of the NAL unit (rule 17)", () => {
    const [first, second, third] = new H264Payloader({ maxPayloadBytes: 100 }).payloads([nal(0x65, 250)]);
    expect([first, second, third].map((packet) => [...(packet?.payload.subarray(0, 2) ?? [])])).toEqual([
      [0x7c, 0x85],
      [0x7c, 0x05],
      [0x7c, 0x45],
    ]);
  });

  it("fragments a SEI above the limit, and sends it before the slice (rule 17)", () => {
    const large = buildUserDataSei({ uuid, payload: new Uint8Array(2700).fill(0x55) });
    expect(depayload([large, nal(0x41, 50)], 1170)).toEqual([large, nal(0x41, 50)]);
    expect(shape([large, nal(0x41, 50)]).map((text) => text.split(":")[0])).toEqual(["28", "28", "28", "1"]);
  });

  it("sends single NAL units only in packetization mode 0, and refuses what does not fit (rule 17)", () => {
    const payloader = new H264Payloader({ packetizationMode: 0, maxPayloadBytes: 100 });
    expect(payloader.payloads([sps, pps, nal(0x65, 100)])).toEqual([
      { payload: sps, marker: false },
      { payload: pps, marker: false },
      { payload: nal(0x65, 100), marker: true },
    ]);
    expect(code(() => payloader.payloads([sps, nal(0x65, 101)]))).toBe("too-large");
    expect(() => payloader.payloads([nal(0x65, 101)])).toThrow(
      "type 5 has 101 bytes; packetization-mode 0 carries at most 100",
    );
  });

  it("leaves out and counts what a receiver would read as an RTP structure (rule 16)", () => {
    const payloader = new H264Payloader();
    expect(payloader.payloads([new Uint8Array(0), hex("00 01"), hex("18 00"), hex("7c 85"), sps])).toEqual([
      { payload: sps, marker: true },
    ]);
    expect(payloader.skippedNalUnits).toBe(4);
    expect(payloader.payloads([])).toEqual([]);
  });

  it("copies nothing of a NAL unit that travels alone", () => {
    const slice = nal(0x41, 1165);
    expect(new H264Payloader().payloads([sei, slice])[1]?.payload).toBe(slice);
  });

  it("refuses options out of range by name", () => {
    expect(() => new H264Payloader({ maxPayloadBytes: 5 })).toThrow("maxPayloadBytes: expected an integer");
    expect(() => new H264Payloader({ packetizationMode: 2 as 1 })).toThrow("packetizationMode: expected 0 or 1, got 2");
  });

  it("gives back any access unit at every size, through the wrap of the sequence numbers", () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(anyNalUnit, nalUnit([1, 5, 6], 400)), { maxLength: 14 }),
        fc.integer({ min: 16, max: 300 }),
        (nalUnits, maxPayloadBytes) => {
          expect(depayload(nalUnits, maxPayloadBytes)).toEqual(nalUnits);
          for (const { payload } of new H264Payloader({ maxPayloadBytes }).payloads(nalUnits)) {
            expect(payload.length).toBeLessThanOrEqual(maxPayloadBytes);
          }
        },
      ),
    );
  });
});

describe("forEachSei", () => {
  function visit(payload: Uint8Array): { found: Uint8Array[]; isWhole: boolean } {
    const found: Uint8Array[] = [];
    const isWhole = forEachSei(payload, (nal) => found.push(nal));
    return { found, isWhole };
  }

  it("visits SEI of single NAL unit packets and of STAP-A, as views", () => {
    expect(visit(sei)).toEqual({ found: [sei], isWhole: true });
    const [packet] = new H264Payloader().payloads([sps, pps, sei, nal(0x41, 30), sei]);
    const { found } = visit(packet?.payload as Uint8Array);
    expect(found).toEqual([sei, sei]);
    expect(found[0]?.buffer).toBe(packet?.payload.buffer);
  });

  it("visits what stands before a defect, and nothing that is cut off", () => {
    expect(visit(hex("18 00 02 06 01 00 09 06 05"))).toEqual({ found: [hex("06 01")], isWhole: true });
    expect(visit(hex("18 00 00 00 02 06 01 00"))).toEqual({ found: [hex("06 01")], isWhole: true });
  });

  it("says that a fragment of a SEI needs the other fragments, and one of a slice does not (rule 17)", () => {
    expect(visit(hex("1c 86 05 20"))).toEqual({ found: [], isWhole: false });
    expect(visit(hex("7c 85 05 20"))).toEqual({ found: [], isWhole: true });
  });

  it("finds what parseRtpPayload finds, and never throws, whatever the bytes", () => {
    fc.assert(
      fc.property(bytes(60), fc.constantFrom(6, 24, 28, undefined), (any, header) => {
        const payload = header === undefined ? any : Uint8Array.from([header, ...any]);
        fc.pre(!payload.some((byte, at) => byte === 1 && payload[at - 1] === 0 && payload[at - 2] === 0));
        const { found } = visit(payload);
        try {
          const parsed = parseRtpPayload(payload);
          const nals = parsed.kind === "stap-a" ? parsed.nals : parsed.kind === "single" ? [parsed.nal] : [];
          const seis = nals.filter((nal) => nalUnitType(nal) === 6);
          expect(found).toEqual(seis);
        } catch (error) {
          expect(error).toBeInstanceOf(H264Error);
        }
      }),
    );
  });
});

describe("parseRtpPayload (rules 16 to 18)", () => {
  it.each([
    [25, "STAP-B"],
    [26, "MTAP16"],
    [27, "MTAP24"],
    [29, "FU-B"],
  ])("refuses type %i by its name, %s (rule 18)", (type, name) => {
    const payload = Uint8Array.from([type, 0, 1, 2, 3]);
    expect(() => parseRtpPayload(payload)).toThrow(`${name} (type ${type}) belongs to packetization-mode 2`);
    const depayloader = new H264Depayloader();
    depayloader.push({ payload, sequenceNumber: 1, rtpTimestamp: 1, marker: true });
    expect(depayloader.stats().refused).toEqual({ [name]: 1 });
  });

  it.each([
    ["an empty NAL unit in a STAP-A", "18 00 00", "bad-length"],
    ["a STAP-A without NAL units", "18", "truncated"],
    ["a STAP-A that ends in a NAL unit", "18 00 09 06 05", "truncated"],
    ["a STAP-A that ends in a size", "18 00 01 09 00", "truncated"],
    ["a STAP-A in a STAP-A", "18 00 03 18 00 00", "bad-value"],
    ["a FU-A that both starts and ends", "7c c5 01", "bad-value"],
    ["a FU-A of a FU-A", "7c 9c 01", "bad-value"],
    ["a FU-A without FU header", "7c", "truncated"],
    ["the F bit", "c1 01", "forbidden-bit"],
    ["type 0", "00 01", "unsupported"],
    ["type 31", "1f 01", "unsupported"],
  ])("refuses %s", (_, payload, expected) => {
    expect(code(() => parseRtpPayload(hex(payload)))).toBe(expected);
  });

  it("takes an empty fragment and a padding-only packet (rule 17)", () => {
    expect(parseRtpPayload(hex("7c 05"))).toMatchObject({ kind: "fu-a", nalHeader: 0x65, start: false, end: false });
    expect(parseRtpPayload(new Uint8Array(0))).toEqual({ kind: "padding" });
  });
});

describe("H264Depayloader (rules 11, 15, 17 and 20)", () => {
  const fragments = new H264Payloader({ maxPayloadBytes: 100 }).payloads([nal(0x65, 400)]);
  const small = { payload: hex("41 9a"), marker: true };

  function run(packets: readonly { payload: Uint8Array; marker: boolean; skip?: boolean; at?: number }[]): {
    accessUnits: string[];
    stats: ReturnType<H264Depayloader["stats"]>;
  } {
    const depayloader = new H264Depayloader();
    const accessUnits: string[] = [];
    const write = ({ nalUnits, isComplete, isKeyFrame }: NonNullable<ReturnType<H264Depayloader["flush"]>>): void => {
      accessUnits.push(`${nalUnits.map(nalUnitType)}${isKeyFrame ? " key" : ""}${isComplete ? "" : " incomplete"}`);
    };
    packets.forEach(({ payload, marker, skip, at = 0 }, index) => {
      if (!skip) depayloader.push({ payload, marker, sequenceNumber: index & 0xffff, rtpTimestamp: at }).forEach(write);
    });
    const last = depayloader.flush();
    if (last !== undefined) write(last);
    return { accessUnits, stats: depayloader.stats() };
  }

  it("puts fragments together and knows a key frame, alone or in a STAP-A", () => {
    expect(run([...fragments, { ...small, at: 1 }]).accessUnits).toEqual(["5 key", "1"]);
    expect(run(new H264Payloader().payloads([sps, pps, nal(0x65, 40)])).accessUnits).toEqual(["7,8,5 key"]);
  });

  it("does not take a SEI of type 5 for a key frame", () => {
    expect(run([{ payload: sei, marker: false }, small]).accessUnits).toEqual(["6,1"]);
  });

  it.each([
    ["the first", 0],
    ["one in the middle", 2],
    ["the last", 4],
  ])("gives out nothing of a NAL unit without %s fragment (rule 17)", (_, missing) => {
    const packets = fragments.map((packet, index) => ({ ...packet, skip: index === missing, at: 1 }));
    const { accessUnits, stats } = run([small, ...packets, { ...small, at: 2 }]);
    expect(accessUnits.join()).not.toContain("5");
    expect(accessUnits.at(-1)).toMatch(/^1/);
    expect(stats.lost).toBe(1);
    expect(stats.brokenFragments).toBeGreaterThan(0);
  });

  it("does not glue a NAL unit without end to the next one (rule 17)", () => {
    const [start] = fragments;
    const { accessUnits, stats } = run([{ ...(start as (typeof fragments)[0]) }, ...fragments]);
    expect(accessUnits).toEqual(["5 key incomplete"]);
    expect(stats.brokenFragments).toBe(1);
  });

  it("ends an access unit at the marker and at another timestamp (rules 11 and 15)", () => {
    const slice = { payload: hex("41 9a"), marker: false };
    expect(run([slice, slice, { ...slice, at: 1 }, small, { ...small, at: 1 }]).accessUnits).toEqual([
      "1,1",
      "1",
      "1",
      "1",
    ]);
  });

  it("gives each access unit the RTP timestamp of its picture, over the wrap (rules 15 and 20)", () => {
    const depayloader = new H264Depayloader();
    const timestamps = [4_294_965_000, 704, 3704].flatMap((rtpTimestamp, index) =>
      depayloader.push({ ...small, sequenceNumber: index, rtpTimestamp }).map((accessUnit) => accessUnit.rtpTimestamp),
    );
    expect(timestamps).toEqual([4_294_965_000, 704, 3704]);
  });

  it("is not disturbed by padding-only packets, between fragments too", () => {
    const padding = { payload: new Uint8Array(0), marker: false };
    const [first, ...rest] = fragments;
    const { accessUnits, stats } = run([padding, first as (typeof fragments)[0], padding, ...rest, padding]);
    expect(accessUnits).toEqual(["5 key"]);
    expect(stats).toMatchObject({ lost: 0, brokenFragments: 0, malformed: 0 });
  });

  it("ignores duplicates and stale packets", () => {
    const depayloader = new H264Depayloader();
    const packet = { payload: hex("41 9a"), marker: true, sequenceNumber: 9, rtpTimestamp: 0 };
    expect(depayloader.push(packet).length).toBe(1);
    expect(depayloader.push(packet).length).toBe(0);
    expect(depayloader.push({ ...packet, sequenceNumber: 8 }).length).toBe(0);
    expect(depayloader.stats().stale).toBe(2);
  });

  it("does not let a padding-only packet of another timestamp end an access unit", () => {
    const slice = { payload: hex("41 9a"), marker: false };
    const padding = { payload: new Uint8Array(0), marker: true, at: 90 };
    expect(run([slice, padding, small]).accessUnits).toEqual(["1,1"]);
  });

  it("follows a sender that begins anew with other sequence numbers, by two packets that agree", () => {
    const depayloader = new H264Depayloader();
    const found = [40_000, 40_001, 100, 40_002, 200, 201, 202].map(
      (sequenceNumber, rtpTimestamp) => depayloader.push({ ...small, sequenceNumber, rtpTimestamp }).length,
    );
    expect(found).toEqual([1, 1, 0, 1, 0, 1, 1]);
    expect(depayloader.stats()).toMatchObject({ stale: 2, lost: 0 });
  });

  it("reads whole fragmented NAL units behind a restart, and leaves out a packet that comes again", () => {
    const depayloader = new H264Depayloader();
    const large = new Uint8Array(3000).fill(0xaa);
    large.set([0x65, 0x88]);
    let sequenceNumber = 65_000;
    const found: (readonly [Uint8Array[], boolean])[] = [];
    for (let picture = 0; picture < 6; picture += 1) {
      if (picture === 2) sequenceNumber = 30_000;
      for (const { payload, marker } of new H264Payloader().payloads([large])) {
        const packet = { payload, marker, sequenceNumber: sequenceNumber & 0xffff, rtpTimestamp: picture * 3000 };
        for (const pushed of [packet, packet]) {
          for (const { nalUnits, isComplete } of depayloader.push(pushed)) found.push([[...nalUnits], isComplete]);
        }
        sequenceNumber += 1;
      }
    }
    expect(found).toEqual(Array.from({ length: 5 }, () => [[large], true]));
  });

  it("takes what RtpReorder releases after a restart, in either direction", () => {
    for (const [before, after] of [
      [100, 40_000],
      [40_000, 100],
    ] as const) {
      const reorder = new RtpReorder<number>();
      const depayloader = new H264Depayloader();
      const found: number[] = [];
      [before, before + 1, after, after + 1, after + 2].forEach((sequence) => {
        reorder.push(sequence, sequence, 0, (rtpTimestamp, sequenceNumber) => {
          for (const unit of depayloader.push({ ...small, sequenceNumber, rtpTimestamp }))
            found.push(unit.rtpTimestamp);
        });
      });
      expect(found).toEqual([before, before + 1, after + 1, after + 2]);
    }
  });

  it("bounds what an endless access unit takes", () => {
    const depayloader = new H264Depayloader({ maxAccessUnitBytes: 10_000 });
    for (let sequenceNumber = 0; sequenceNumber < 2000; sequenceNumber += 1) {
      const payload = sequenceNumber === 0 ? hex("7c 85 01") : hex("7c 05");
      depayloader.push({ payload, marker: false, sequenceNumber, rtpTimestamp: 0 });
    }
    expect(depayloader.stats().tooLarge).toBe(1);
    expect(depayloader.flush()).toBeUndefined();
  });

  it("never throws and delivers no byte that was not sent, whatever the payloads", () => {
    const packet = fc.record({
      payload: fc.oneof(
        bytes(30),
        fc
          .tuple(fc.constantFrom(24, 28, 0x7c, 25, 6), bytes(20))
          .map(([type, rest]) => Uint8Array.from([type, ...rest])),
      ),
      marker: fc.boolean(),
      sequenceNumber: fc.integer({ min: 0, max: 6 }),
      rtpTimestamp: fc.integer({ min: 0, max: 1 }),
    });
    fc.assert(
      fc.property(fc.array(packet, { maxLength: 20 }), (packets) => {
        const depayloader = new H264Depayloader();
        const found = packets.flatMap((each) => [...depayloader.push(each)]);
        const last = depayloader.flush();
        if (last !== undefined) found.push(last);
        const sent = packets.reduce((sum, { payload }) => sum + payload.length, 0);
        const got = found.flatMap(({ nalUnits }) => nalUnits).reduce((sum, { length }) => sum + length, 0);
        expect(got).toBeLessThanOrEqual(sent);
      }),
    );
  });

  it("carries a whole stream of a foreign encoder", () => {
    const nals = splitAnnexB(slices.bytes);
    expect(depayload(nals, 64)).toEqual(nals);
  });
});
