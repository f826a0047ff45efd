import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PacketStatus, RunLengthChunk, StatusVectorChunk, TransportWideCC } from "werift";
import { SentPackets } from "../src/sent-packets.ts";

const { TypeTCCPacketNotReceived: lost, TypeTCCPacketReceivedSmallDelta: received } = PacketStatus;

const runLength = (packetStatus: PacketStatus, runLength: number) => new RunLengthChunk({ packetStatus, runLength });
const vector = (...symbolList: number[]) => new StatusVectorChunk({ type: 1, symbolSize: 0, symbolList });

function report(baseSequenceNumber: number, packetStatusCount: number, packetChunks: TransportWideCC["packetChunks"]) {
  return new TransportWideCC({ baseSequenceNumber, packetStatusCount, packetChunks });
}

function sent(first: number, count: number): SentPackets {
  const packets = new SentPackets();
  for (let index = 0; index < count; index++) packets.add((first + index) & 0xffff, index === 0);
  return packets;
}

describe("SentPackets", () => {
  it("reads losses from runs and from status vectors, over the wrap, up to the count of the report", () => {
    const chunks = [runLength(received, 4), vector(1, 0, 1, 1, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1), runLength(lost, 7)];
    expect(sent(65_530, 30).read(report(65_530, 20, chunks))).toEqual({ lost: 4, breaksPicture: true });
  });

  it("counts a packet by the first report that names it, and none of other streams", () => {
    const packets = sent(0, 5);
    expect(packets.read(report(0, 3, [vector(1, 0, 0)]))).toEqual({ lost: 2, breaksPicture: true });
    expect(packets.read(report(0, 10, [runLength(lost, 10)]))).toEqual({ lost: 2, breaksPicture: true });
    expect(packets.read(report(0, 10, [runLength(lost, 10)]))).toEqual({ lost: 0, breaksPicture: false });
  });

  it("knows that a key frame repairs what was lost before it", () => {
    const packets = sent(65_534, 3);
    packets.add(1, true);
    packets.add(2, false);
    expect(packets.read(report(65_534, 2, [runLength(lost, 2)]))).toEqual({ lost: 2, breaksPicture: false });
    expect(packets.read(report(0, 3, [vector(1, 1, 0)]))).toEqual({ lost: 1, breaksPicture: true });
  });

  it("asks for a key frame however many packets ago the last one left", () => {
    const packets = sent(100, 1);
    let number = 100;
    for (const count of [1000, 31_767, 1, 7232, 25_535, 1, 200_000]) {
      for (let added = 0; added < count; added += 1) packets.add(++number & 0xffff, false);
      const loss = packets.read(report(number & 0xffff, 1, [runLength(lost, 1)]));
      expect(loss, `${number - 100} packets after the key frame`).toEqual({ lost: 1, breaksPicture: true });
    }
    packets.add(++number & 0xffff, true);
    const before = packets.read(report((number - 1) & 0xffff, 1, [runLength(lost, 1)]));
    expect(before).toEqual({ lost: 0, breaksPicture: false });
  });

  it("follows a stream that other streams of the transport leave far behind", () => {
    const packets = sent(0, 1);
    packets.add(40_000, false);
    expect(packets.read(report(40_000, 1, [runLength(lost, 1)]))).toEqual({ lost: 1, breaksPicture: true });
    packets.add(39_000, true);
    packets.add(39_001, false);
    expect(packets.read(report(39_001, 1, [runLength(lost, 1)]))).toEqual({ lost: 1, breaksPicture: true });
  });

  it("takes any report", () => {
    const packets = sent(0, 4000);
    const chunk = fc.oneof(
      fc
        .record({ packetStatus: fc.nat(3), runLength: fc.constantFrom(0, 1, 7, 8191) })
        .map((p) => new RunLengthChunk(p)),
      fc.array(fc.nat(3), { maxLength: 14 }).map((symbols) => vector(...symbols)),
    );
    fc.assert(
      fc.property(fc.nat(0xffff), fc.nat(0xffff), fc.array(chunk, { maxLength: 400 }), (base, count, chunks) => {
        expect(packets.read(report(base, count, chunks)).lost).toBeLessThanOrEqual(4096);
      }),
    );
  });
});
