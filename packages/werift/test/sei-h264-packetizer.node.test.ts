import { buildSei, joinAnnexB } from "@inband/h264";
import { H264Depayloader } from "@inband/h264/rtp";
import { accessUnit } from "@inband/rig/access-unit";
import { SeiH264Packetizer } from "@inband/werift";
import { describe, expect, it } from "vitest";
import type { RtpPacket } from "werift";

const sei = buildSei([{ payloadType: 5, payload: new Uint8Array(40).fill(7) }]);

function nalUnitsOf(packets: readonly RtpPacket[]): number[][] {
  const depayloader = new H264Depayloader();
  return packets
    .flatMap(({ header, payload }) =>
      depayloader.push({
        payload,
        sequenceNumber: header.sequenceNumber,
        rtpTimestamp: header.timestamp,
        marker: header.marker,
      }),
    )
    .flatMap(({ nalUnits }) => nalUnits.map((nal) => [...nal]));
}

describe("SeiH264Packetizer", () => {
  it("puts SEI between the parameter sets and the slice", () => {
    const unit = accessUnit(0, { sliceBytes: 5000 });
    const [sps, pps, slice] = unit.nalUnits;
    const packets = new SeiH264Packetizer().packetizeAccessUnit(unit, 1234, [sei]);
    expect(nalUnitsOf(packets)).toEqual([sps, pps, sei, slice].map((nal) => [...(nal as Uint8Array)]));
  });

  it("numbers packets without a gap over the wrap, and marks the last of each access unit alone", () => {
    const packetizer = new SeiH264Packetizer({ sequenceNumber: 65_533 });
    const first = packetizer.packetizeAccessUnit(accessUnit(0, { sliceBytes: 5000 }), 1);
    const second = packetizer.packetizeAccessUnit(accessUnit(1), 2, [sei]);
    const packets = [...first, ...second];
    expect(packets.map(({ header }) => header.sequenceNumber)).toEqual(
      packets.map((_, index) => (65_533 + index) & 0xffff),
    );
    expect(first.map(({ header }) => header.marker)).toEqual(first.map((_, index) => index === first.length - 1));
    expect(second.at(-1)?.header.marker).toBe(true);
    expect(new Set(second.map(({ header }) => header.timestamp))).toEqual(new Set([2]));
  });

  it("keeps payloads within its limit", () => {
    const packets = new SeiH264Packetizer({ maxPayloadBytes: 500 }).packetizeAccessUnit(
      accessUnit(0, { sliceBytes: 20_000 }),
      1,
    );
    expect(Math.max(...packets.map(({ payload }) => payload.length))).toBeLessThanOrEqual(500);
  });

  it("takes Annex B as werift's packetizer does", () => {
    const unit = accessUnit(0, { sliceBytes: 3000 });
    const options = { sequenceNumber: 5 };
    const fromList = new SeiH264Packetizer(options).packetizeAccessUnit(unit, 9);
    const fromBytes = new SeiH264Packetizer(options).packetize(Buffer.from(joinAnnexB(unit.nalUnits)), 9);
    expect(fromBytes.map((packet) => packet.serialize().toString("hex"))).toEqual(
      fromList.map((packet) => packet.serialize().toString("hex")),
    );
  });
});
