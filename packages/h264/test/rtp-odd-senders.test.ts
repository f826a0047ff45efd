import { buildUserDataSei, nalUnitType } from "@inband/h264";
import { forEachSei, H264Depayloader, H264Payloader, type H264RtpPacket, RtpReorder } from "@inband/h264/rtp";
import { hex } from "@inband/rig/hex";
import { describe, expect, it } from "vitest";

const sps = hex("67 42 e0 0a 96 52 85 89 c8");
const pps = hex("68 ce 38 80");
const sei = buildUserDataSei({ uuid: new Uint8Array(16), payload: hex("07 08") });
/** Slices of one picture: first_mb_in_slice 0, 1 and 2. */
const slices = [hex("41 9a 11"), hex("41 5a 22"), hex("41 6a 33")];

/** What comes out of a depayloader: types of NAL units, and "!" where something is missing. */
function depayload(packets: readonly Partial<H264RtpPacket>[]): { units: string[]; depayloader: H264Depayloader } {
  const depayloader = new H264Depayloader();
  const found = packets.flatMap((packet, index) => [
    ...depayloader.push({
      payload: new Uint8Array(0),
      sequenceNumber: index,
      rtpTimestamp: 0,
      marker: false,
      ...packet,
    }),
  ]);
  const last = depayloader.flush();
  if (last !== undefined) found.push(last);
  return {
    units: found.map(({ nalUnits, isComplete }) => `${nalUnits.map(nalUnitType)}${isComplete ? "" : "!"}`),
    depayloader,
  };
}

describe("a sender that begins its numbering again (RFC 3550 A.1)", () => {
  const picture = { payload: hex("41 9a 01"), marker: true };
  const numbers = (back: number): number[] => [
    ...Array.from({ length: 2000 }, (_, index) => 30_000 + index),
    ...Array.from({ length: 4000 }, (_, index) => 32_000 - back + index),
  ];

  it.each([101, 500, 1024, 2000, 3000, 3001, 5000])("is followed from %i behind, at the loss of one packet", (back) => {
    const reorder = new RtpReorder<H264RtpPacket>();
    const depayloader = new H264Depayloader();
    const alone = new H264Depayloader();
    let viaBoth = 0;
    let viaAlone = 0;
    numbers(back).forEach((sequenceNumber, index) => {
      const packet = { ...picture, sequenceNumber, rtpTimestamp: 3000 * index };
      viaAlone += alone.push(packet).length;
      reorder.push(packet, sequenceNumber, index, (each, extended) => {
        viaBoth += depayloader.push({ ...each, sequenceNumber: extended }).length;
      });
    });
    expect(6000 - viaBoth).toBe(1);
    expect(6000 - viaAlone).toBe(1);
  });

  it("is not seen in what comes late within the window, however large, nor in single stragglers", () => {
    const reorder = new RtpReorder<number>({ windowPackets: 1000, timeoutMs: 1000 });
    const out: number[] = [];
    const push = (sequence: number): void => reorder.push(sequence, sequence, 0, (each) => out.push(each));
    push(0);
    for (let sequence = 3; sequence < 400; sequence += 1) push(sequence);
    push(1);
    push(2);
    for (const straggler of [10, 100, 10]) {
      push(straggler);
      push(400 + out.length - 400);
    }
    expect(out.slice(0, 400)).toEqual(Array.from({ length: 400 }, (_, index) => index));
    expect(reorder.stats()).toMatchObject({ restarts: 0, lost: 0, duplicates: 3 });
  });
});

describe("a FU-A with both start and end bit, which RFC 6184 5.8 forbids", () => {
  const whole = (nal: Uint8Array): Uint8Array =>
    Uint8Array.from([((nal[0] as number) & 0x60) | 28, 0xc0 | ((nal[0] as number) & 31), ...nal.subarray(1)]);

  it("is a whole NAL unit to the depayloader", () => {
    const nals = [sps, pps, sei, hex("65 88 84")];
    const { units, depayloader } = depayload(nals.map((nal, index) => ({ payload: whole(nal), marker: index === 3 })));
    expect(units).toEqual(["7,8,6,5"]);
    expect(depayloader.stats()).toMatchObject({ malformed: 0, brokenFragments: 0 });
  });

  it("gives its SEI at once to who reads single payloads", () => {
    const found: Uint8Array[] = [];
    expect(forEachSei(whole(sei), (nal) => found.push(nal))).toBe(true);
    expect(found).toEqual([sei]);
    expect(forEachSei(whole(slices[0] as Uint8Array), (nal) => found.push(nal))).toBe(true);
    expect(found).toHaveLength(1);
  });
});

describe("a marker on each NAL unit (RFC 6184 5.1)", () => {
  const picture = (at: number, nals: readonly Uint8Array[]): Partial<H264RtpPacket>[] =>
    nals.map((payload) => ({ payload, marker: true, rtpTimestamp: at }));

  it("does not part the slices of a picture, nor parameter sets and SEI from it", () => {
    const stream = [0, 1, 2].flatMap((at) => picture(at, [...(at === 0 ? [sps, pps, sei] : [sei]), ...slices]));
    const { units, depayloader } = depayload(stream);
    expect(units).toEqual(["7,8,6,1,1,1", "6,1,1,1", "6,1,1,1"]);
    expect(depayloader.stats().earlyMarkers).toBeGreaterThan(0);
  });

  it("parts the first picture alone where nothing stands in front of it, and says that it is not whole", () => {
    expect(depayload([0, 1, 2].flatMap((at) => picture(at, slices))).units).toEqual(["1", "1,1!", "1,1,1", "1,1,1"]);
  });

  it("on each packet does not break what is in fragments", () => {
    const large = Uint8Array.from([0x41, 0x9a, ...new Array<number>(50).fill(7)]);
    const packets = [0, 1].flatMap((at) =>
      new H264Payloader({ maxPayloadBytes: 20 })
        .payloads([sps, large])
        .map(({ payload }) => ({ payload, marker: true, rtpTimestamp: at })),
    );
    expect(depayload(packets).units).toEqual(["7,1", "7,1"]);
  });

  it("keeps two fields apart that share a timestamp, each with its marker, then too", () => {
    const field = (at: number): Partial<H264RtpPacket>[] => picture(at, [hex("41 9a 11")]);
    expect(depayload([...field(0), ...field(0), ...field(1), ...field(1)]).units).toEqual(["1", "1", "1", "1"]);
    const early = picture(0, [sps, ...slices]);
    expect(depayload([...early, ...field(1), ...field(1), ...field(2)]).units).toEqual(["7,1,1,1", "1", "1", "1"]);
  });

  it("is believed again when it has been right for a while: no packet of the next picture is waited for", () => {
    const depayloader = new H264Depayloader();
    const single = Array.from({ length: 12 }, (_, at) => picture(1 + at, [hex("41 9a 11")])).flat();
    const found = [...picture(0, [sps, ...slices]), ...single].map(
      (packet, index) =>
        depayloader.push({ sequenceNumber: index, ...packet } as H264RtpPacket).map((unit) => unit.rtpTimestamp)[0],
    );
    expect(found.slice(-3)).toEqual([10, 11, 12]);
  });
});

describe("losses around padding-only packets and the end", () => {
  const slice = hex("41 9a 11");

  it("are charged to the access unit that begins behind the padding, too", () => {
    const { units } = depayload([
      { payload: slice, sequenceNumber: 1, rtpTimestamp: 1 },
      { sequenceNumber: 4, rtpTimestamp: 2 },
      { payload: slice, sequenceNumber: 5, rtpTimestamp: 2, marker: true },
      { payload: slice, sequenceNumber: 6, rtpTimestamp: 3, marker: true },
    ]);
    expect(units).toEqual(["1!", "1!", "1"]);
  });

  it("are seen where the padding itself has the marker", () => {
    const { units } = depayload([
      { payload: slice, sequenceNumber: 1, rtpTimestamp: 1 },
      { sequenceNumber: 4, rtpTimestamp: 1, marker: true },
      { payload: slice, sequenceNumber: 5, rtpTimestamp: 2, marker: true },
    ]);
    expect(units).toEqual(["1!", "1!"]);
  });

  it("are possible at the end of a stream whose last marker did not come", () => {
    const whole = { payload: slice, marker: true, rtpTimestamp: 1 };
    expect(depayload([whole, { payload: slice, rtpTimestamp: 2 }]).units).toEqual(["1", "1!"]);
    expect(depayload([whole, { payload: slice, rtpTimestamp: 2 }, { ...whole, rtpTimestamp: 3 }]).units).toEqual([
      "1",
      "1",
      "1",
    ]);
  });
});
