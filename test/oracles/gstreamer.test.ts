import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  buildUserDataSei,
  insertSeiAnnexB,
  joinAnnexB,
  NalUnitType,
  nalUnitType,
  splitAccessUnits,
} from "@inband/h264";
import { forEachSei, H264Depayloader, H264Payloader, RtpReorder } from "@inband/h264/rtp";
import { needs } from "@inband/rig/program";
import { suiteFolder } from "@inband/rig/test-folder";
import { beforeEach, describe, expect, it } from "vitest";
import { RtpHeader, RtpPacket } from "werift";
import { aggregateModes, gstreamerDepay, gstreamerPay, gstreamerPrograms } from "./gstreamer.ts";

const path = suiteFolder();

beforeEach((context) => needs(context, gstreamerPrograms));

const vectors = ["slices", "baseline", "hrd", "fields", "refresh", "sizes"];
const sizes = [0, 1, 254, 255, 510, 1024, 4096];
const uuid = Uint8Array.from({ length: 16 }, (_, index) => 0xa0 + index);

/** SEI of every size, zero-heavy, one or more for each picture. */
function sei(picture: number): Uint8Array[] {
  const message = (size: number) => ({
    uuid,
    payload: Uint8Array.from({ length: size }, (_, at) => (at % 3 ? 0 : picture)),
  });
  const nals = [buildUserDataSei(message(sizes[picture % sizes.length] ?? 0))];
  return picture % 3 === 0 ? [...nals, buildUserDataSei(message(20)), buildUserDataSei(message(3))] : nals;
}

/** The NAL units of each picture of a golden vector, with SEI of ours. */
function pictures(vector: string): (readonly Uint8Array[])[] {
  const file = join(import.meta.dirname, "../vectors", `${vector}.h264`);
  const plain = [...splitAccessUnits(new Uint8Array(readFileSync(file)))];
  const inserted = plain.map(({ nalUnits }, index) => insertSeiAnnexB(joinAnnexB(nalUnits), sei(index)));
  return [...splitAccessUnits(inserted)].map(({ nalUnits }) => nalUnits);
}

const isDelimiter = (nal: Uint8Array): boolean => nalUnitType(nal) === NalUnitType.AccessUnitDelimiter;

/** Each NAL unit as text, which compares and prints well. */
function asText(nals: readonly Uint8Array[]): string[] {
  return nals.map((nal) => Buffer.from(nal).toString("hex"));
}

/** The same NAL units in the same pictures, but for the delimiters that h264parse adds to a stream without any. */
function expectSame(received: readonly (readonly Uint8Array[])[], sent: readonly (readonly Uint8Array[])[]): void {
  const isPlain = !sent.flat().some(isDelimiter);
  const kept = received.map((nals) => (isPlain ? nals.filter((nal) => !isDelimiter(nal)) : nals));
  expect(kept.map(asText)).toEqual(sent.map(asText));
}

/** The packets of a file that is framed as RFC 4571 says. */
function readPackets(file: string): RtpPacket[] {
  const bytes = readFileSync(file);
  const packets = [];
  for (let at = 0; at < bytes.length; at += 2 + bytes.readUInt16BE(at)) {
    packets.push(RtpPacket.deSerialize(bytes.subarray(at + 2, at + 2 + bytes.readUInt16BE(at))));
  }
  return packets;
}

function writePackets(file: string, packets: readonly RtpPacket[]): void {
  const framed = packets.map((packet) => packet.serialize());
  writeFileSync(
    file,
    Buffer.concat(framed.flatMap((bytes) => [Buffer.from([bytes.length >> 8, bytes.length]), bytes])),
  );
}

describe("what rtph264pay sends", () => {
  const cases = aggregateModes.flatMap((mode) => vectors.map((vector) => ({ mode, vector })));

  it.each(cases)("is put together again in aggregate mode $mode: $vector", async ({ mode, vector }) => {
    const sent = pictures(vector);
    writeFileSync(path("in.h264"), Buffer.concat(sent.map(joinAnnexB)));
    await gstreamerPay(path("in.h264"), path("in.rtp"), mode, 500);
    const packets = readPackets(path("in.rtp"));
    const depayloader = new H264Depayloader();
    const reorder = new RtpReorder<RtpPacket>();
    const received: (readonly Uint8Array[])[] = [];
    const early: Uint8Array[] = [];
    let fragments = 0;
    // From the second on swapped in pairs: the reorder buffer must put them back.
    for (let at = 0; at < packets.length; at += 1) {
      const packet = (at > 0 ? packets[((at - 1) ^ 1) + 1] : undefined) ?? packets[at];
      if (packet === undefined) continue;
      if (!forEachSei(packet.payload, (nal) => early.push(nal))) fragments += 1;
      reorder.push(packet, packet.header.sequenceNumber, 0, ({ header, payload }) => {
        const { sequenceNumber, timestamp: rtpTimestamp, marker } = header;
        for (const accessUnit of depayloader.push({ payload, sequenceNumber, rtpTimestamp, marker })) {
          expect(accessUnit.isComplete).toBe(true);
          received.push(accessUnit.nalUnits);
        }
      });
    }
    expectSame(received, sent);
    expect(depayloader.stats()).toMatchObject({ lost: 0, malformed: 0, brokenFragments: 0, refused: {} });
    const whole = sent.flat().filter((nal) => nalUnitType(nal) === 6 && nal.length <= 400);
    const visited = new Set(asText(early));
    for (const nal of asText(whole)) expect(visited).toContain(nal);
    expect(fragments).toBeGreaterThan(0);
  });
});

describe("what H264Payloader sends", () => {
  const cases = [16, 100, 1170, 8000].flatMap((maxPayloadBytes) =>
    vectors.map((vector) => ({ maxPayloadBytes, vector })),
  );

  async function roundTrip(sent: readonly (readonly Uint8Array[])[], payloader: H264Payloader) {
    let sequenceNumber = 65_500;
    const packets = sent.flatMap((nals, picture) =>
      payloader.payloads(nals).map(({ payload, marker }) => {
        sequenceNumber = (sequenceNumber + 1) & 0xffff;
        const header = { sequenceNumber, marker, timestamp: 3600 * picture, payloadType: 96, ssrc: 1 };
        return new RtpPacket(new RtpHeader(header), Buffer.from(payload));
      }),
    );
    writePackets(path("out.rtp"), packets);
    await gstreamerDepay(path("out.rtp"), path("out.h264"));
    return [...splitAccessUnits(new Uint8Array(readFileSync(path("out.h264"))))].map(({ nalUnits }) => nalUnits);
  }

  it.each(cases)(
    "is put together by rtph264depay, at most $maxPayloadBytes bytes: $vector",
    async ({ maxPayloadBytes, vector }) => {
      const sent = pictures(vector);
      const received = await roundTrip(sent, new H264Payloader({ maxPayloadBytes }));
      expectSame(received, sent);
    },
  );

  it("is put together by rtph264depay in packetization mode 0", async () => {
    const sent = pictures("slices");
    const received = await roundTrip(sent, new H264Payloader({ maxPayloadBytes: 8000, packetizationMode: 0 }));
    expectSame(received, sent);
  });
});
