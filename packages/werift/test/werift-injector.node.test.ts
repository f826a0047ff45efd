import { spawn, spawnSync } from "node:child_process";
import { createSocket } from "node:dgram";
import type { AddressInfo } from "node:net";
import { type AccessUnit, nalUnitType, readUserData } from "@inband/h264";
import { H264Depayloader, H264Payloader } from "@inband/h264/rtp";
import { SeiPublisher } from "@inband/publisher";
import { accessUnit } from "@inband/rig/access-unit";
import { message } from "@inband/rig/message";
import { RecordedEvents } from "@inband/rig/recorded-events";
import { told } from "@inband/rig/turn";
import { until } from "@inband/rig/until";
import { negotiate } from "@inband/rig/werift/peer";
import { peer, receiver } from "@inband/rig/werift/test-peer";
import { weriftInjector } from "@inband/werift";
import { describe, expect, it, onTestFinished } from "vitest";
import { MediaStreamTrack, RtpHeader, RtpPacket } from "werift";

const hasFfmpeg = spawnSync("ffmpeg", ["-version"]).status === 0;

/** The packets of access units, numbered from `first` on, with 3000 ticks between the pictures. */
function packetsOf(units: readonly AccessUnit[], first = 65_530, maxPayloadBytes = 1170): RtpPacket[] {
  const payloader = new H264Payloader({ maxPayloadBytes });
  let sequenceNumber = first;
  return units.flatMap(({ nalUnits }, index) =>
    payloader.payloads(nalUnits).map(({ payload, marker }) => {
      const header = new RtpHeader({
        sequenceNumber: sequenceNumber++ & 0xffff,
        timestamp: index * 3000,
        marker,
        ssrc: 7,
      });
      return new RtpPacket(header, Buffer.from(payload));
    }),
  );
}

const units = (count: number, options?: Parameters<typeof accessUnit>[1]): AccessUnit[] =>
  Array.from({ length: count }, (_, index) => accessUnit(index, options));

function injected() {
  const track = new MediaStreamTrack({ kind: "video" });
  const injector = weriftInjector(track);
  onTestFinished(() => injector.close());
  const sent: RtpPacket[] = [];
  track.onReceiveRtp.subscribe((packet) => sent.push(packet));
  const events = new RecordedEvents();
  const open = injector.open(events, injector.limits);
  return { injector, sent, events, open };
}

/** The access units that a receiver puts together, each as the types of its NAL units and its messages. */
function read(packets: readonly RtpPacket[]): { types: number[]; texts: string[]; rtpTimestamp: number }[] {
  const depayloader = new H264Depayloader();
  const all = packets.flatMap(({ header, payload }) =>
    depayloader.push({
      payload,
      sequenceNumber: header.sequenceNumber,
      rtpTimestamp: header.timestamp,
      marker: header.marker,
    }),
  );
  return [...all, depayloader.flush() ?? []].flat().map(({ nalUnits, rtpTimestamp }) => {
    const texts: string[] = [];
    for (const nal of nalUnits) {
      if (nalUnitType(nal) === 6) readUserData(nal, (_, payload) => texts.push(Buffer.from(payload).toString()));
    }
    return { types: nalUnits.map(nalUnitType), texts, rtpTimestamp };
  });
}

const numbersOf = (packets: readonly RtpPacket[]): number[] => packets.map(({ header }) => header.sequenceNumber);
const gaps = (packets: readonly RtpPacket[]): number =>
  numbersOf(packets).filter((number, index, all) => index > 0 && number !== (((all[index - 1] as number) + 1) & 0xffff))
    .length;

describe("weriftInjector", () => {
  it("puts messages in front of the pictures, in single packets and fragments, and renumbers over the wrap", async () => {
    for (const sliceBytes of [900, 4000]) {
      const { injector, sent, events, open } = injected();
      const payloads = [new TextEncoder().encode("small"), new Uint8Array(3000).fill(0x61)];
      open.offer(message("small", { payloads, copies: 2 }));
      const packets = packetsOf(units(8, { sliceBytes, isKeyFrame: false }));
      for (const packet of packets) injector.write(packet);
      expect(gaps(sent)).toBe(0);
      expect(read(sent).map(({ types }) => types)).toEqual([[1], [6, 6, 1], [6, 6, 1], [1], [1], [1], [1], [1]]);
      expect(sent.filter(({ header }) => header.marker)).toHaveLength(8);
      expect(sent.length - packets.length).toBe(injector.stats().insertedPackets);
      await told();
      expect(events.reports).toMatchObject([{ outcome: "sent", streams: [{ rtpTimestamps: [3000, 6000] }] }]);
    }
  });

  it("keeps the order within an access unit where SPS, PPS and picture share a packet", () => {
    const { injector, sent, open } = injected();
    const stream = units(4, { sliceBytes: 100, isKeyFrame: true });
    const delimited = stream.map((unit) => ({ ...unit, nalUnits: [Uint8Array.of(9, 0xf0), ...unit.nalUnits] }));
    open.offer(message("inside", { copies: 3 }));
    for (const packet of packetsOf(delimited)) injector.write(packet);
    expect(gaps(sent)).toBe(0);
    const inside = [9, 7, 8, 6, 5];
    expect(read(sent).map(({ types }) => types)).toEqual([[9, 7, 8, 5], inside, inside, inside]);
  });

  it("takes as much for a picture as its limits say, more than the usual ones and less", async () => {
    for (const [bytesPerAccessUnit, least, most] of [
      [60_000, 20, 20],
      [2000, 1, 1],
    ] as const) {
      const limits = { bytesPerAccessUnit, bytesPerSecond: 1_000_000 };
      const injector = weriftInjector(new MediaStreamTrack({ kind: "video" }), { limits });
      onTestFinished(() => injector.close());
      const events = new RecordedEvents();
      const open = injector.open(events, injector.limits);
      const payload = new Uint8Array(1000).fill(0x55);
      for (let index = 0; index < 20; index += 1) open.offer(message(`m${index}`, { payloads: [payload] }));
      for (const packet of packetsOf(units(2))) injector.write(packet);
      await told();
      expect(events.reports.length).toBeGreaterThanOrEqual(least);
      expect(events.reports.length).toBeLessThanOrEqual(most);
    }
  });

  it("keeps gaps and late packets where they were, drops duplicates, and inserts nothing behind a gap", () => {
    const { injector, sent, open } = injected();
    open.offer(message("waits", { copies: 2 }));
    const packets = packetsOf(units(6, { sliceBytes: 2000, isKeyFrame: false }), 100);
    const order = [0, 1, 3, 2, 2, 4, 5, 7, 6, 9, 8, 9, 10, 11];
    for (const index of order) injector.write(packets[index] as RtpPacket);
    // The second, fourth and fifth picture came with their second half first.
    const inserted = injector.stats().insertedPackets;
    expect(inserted).toBe(2);
    expect(injector.stats().droppedPackets).toBe(2);
    const inOrder = sent.toSorted((a, b) => a.header.sequenceNumber - b.header.sequenceNumber);
    expect(numbersOf(inOrder)).toEqual(Array.from({ length: 14 }, (_, index) => 100 + index));
    expect(read(inOrder).map(({ texts }) => texts.length)).toEqual([0, 0, 1, 0, 0, 1]);

    injector.write(packetsOf(units(1), 200)[0] as RtpPacket);
    expect(numbersOf(sent).at(-1)).toBe(202);
  });

  it("goes on without a gap when the source begins anew, with another SSRC or far from where it was", () => {
    const { injector, sent, open } = injected();
    for (const packet of packetsOf(units(3), 500)) injector.write(packet);
    for (const packet of packetsOf(units(3), 40_000)) injector.write(packet);
    const other = packetsOf(units(3), 30_000);
    for (const { header, payload } of other) {
      injector.write(new RtpPacket(new RtpHeader({ ...header, ssrc: 8 }), payload));
    }
    expect(numbersOf(sent).slice(0, 3)).toEqual([500, 501, 502]);
    expect(gaps(sent.slice(-4))).toBe(0);
    open.offer(message("after"));
    const more = packetsOf(units(9), 30_000).slice(3);
    for (const { header, payload } of more) {
      injector.write(new RtpPacket(new RtpHeader({ ...header, ssrc: 8 }), payload));
    }
    expect(read(sent).flatMap(({ texts }) => texts)).toEqual(["after"]);
  });

  it.each([50, 100, 101, 500, 1024, 2000, 3100])(
    "goes on when the source begins its numbering again %i behind",
    (back) => {
      const { injector, sent } = injected();
      const numbers = [...Array(2000).keys(), ...Array.from({ length: 2000 }, (_, index) => 2000 - back + index)];
      numbers.forEach((number, index) => {
        const header = new RtpHeader({
          sequenceNumber: number + 64_000,
          timestamp: 3000 * index,
          marker: true,
          ssrc: 7,
        });
        header.sequenceNumber &= 0xffff;
        injector.write(new RtpPacket(header, Buffer.from([0x41, 0x9a, 1])));
      });
      // So near, it cannot be told from what comes late: RFC 3550 A.1, MAX_MISORDER.
      expect(numbers.length - sent.length).toBeLessThanOrEqual(back <= 100 ? back : 2);
      expect(gaps(sent.slice(-1900))).toBe(0);
    },
  );

  it("does not take packets for a new numbering that come late or twice, in bursts too", () => {
    const { injector, sent } = injected();
    const packets = packetsOf(units(600, { sliceBytes: 100, isKeyFrame: false }), 65_000);
    const late = packets.splice(200, 20);
    for (const packet of packets) injector.write(packet);
    for (const packet of packets.slice(100, 180)) injector.write(packet);
    for (const packet of late) injector.write(packet);
    expect(injector.stats().droppedPackets).toBe(80);
    const last = packetsOf(units(602, { sliceBytes: 100, isKeyFrame: false }), 65_000).at(-1) as RtpPacket;
    injector.write(last);
    expect(sent).toHaveLength(601);
    expect(new Set(numbersOf(sent)).size).toBe(601);
    expect(numbersOf(sent).slice(-21, -1)).toEqual(numbersOf(late));
  });

  const picture = Uint8Array.of(0x41, 0x9a, 1, 2, 3, 4);
  const keyFrame = [
    Uint8Array.of(0x67, 1, 2),
    Uint8Array.of(0x68, 3),
    Uint8Array.of(0x65, 0x88, 4),
    Uint8Array.of(0x65, 8),
  ];
  const glued = keyFrame.flatMap((nal, index) => (index === 0 ? [...nal] : [0, 0, 0, 1, ...nal]));

  it.each([
    ["in a FU-A with both start and end bit", [[0x5c, 0xc1, ...picture.slice(1)]], [6, 1]],
    ["behind a start code", [[0, 0, 0, 1, ...picture]], [6, 1]],
    ["in one NAL unit with its parameter sets", [glued], [7, 8, 6, 5, 5]],
    [
      "in one fragmented NAL unit with its parameter sets",
      [
        [0x7c, 0x87, ...glued.slice(1, 18)],
        [0x7c, 0x47, ...glued.slice(18)],
      ],
      [6, 7, 8, 5, 5],
    ],
  ])("puts messages in front of a picture that comes %s", (_, payloads, types) => {
    const { injector, sent, open } = injected();
    open.offer(message("inside", { copies: 3 }));
    let sequenceNumber = 65_533;
    for (let at = 0; at < 6; at += 1) {
      payloads.forEach((payload, index) => {
        const marker = index === payloads.length - 1;
        const header = new RtpHeader({
          sequenceNumber: sequenceNumber++ & 0xffff,
          timestamp: 3000 * at,
          marker,
          ssrc: 7,
        });
        injector.write(new RtpPacket(header, Buffer.from(payload)));
      });
    }
    expect(gaps(sent)).toBe(0);
    const found = read(sent).filter(({ texts }) => texts.length > 0);
    expect(found.map(({ texts }) => texts)).toEqual([["inside"], ["inside"], ["inside"]]);
    expect(found[0]?.types).toEqual(types);
    expect(sent.filter(({ header }) => header.marker)).toHaveLength(6);
  });

  it("takes any bytes, and goes on without messages when it is closed", () => {
    const { injector, sent, events, open } = injected();
    for (const bytes of [[], [0x80], [0x80, 0x60, 0, 1], Array(40).fill(0xff), Array(40).fill(0)]) {
      injector.write(Buffer.from(bytes));
    }
    const before = sent.length;
    open.offer(message("never"));
    injector.close();
    for (const packet of packetsOf(units(3))) injector.write(packet.serialize());
    expect(sent.length - before).toBe(3);
    expect(events.reports).toMatchObject([{ messageId: "never", outcome: "dropped" }]);
    expect(() => weriftInjector(new MediaStreamTrack({ kind: "audio" }))).toThrow(/audio/);
  });

  it("waits with messages until its sender is connected, and passes on what its peer asks for", async () => {
    const { pc, transceiver } = receiver();
    const received: RtpPacket[] = [];
    transceiver.onTrack.subscribe((track) => track.onReceiveRtp.subscribe((packet) => received.push(packet)));
    const sender = peer();
    const injector = weriftInjector(sender.addTransceiver("video", { direction: "sendonly" }).sender);
    onTestFinished(() => injector.close());
    const events = new RecordedEvents();
    injector.open(events, injector.limits).offer(message("early"));
    const packets = packetsOf(units(12));
    for (const packet of packets.slice(0, 6)) injector.write(packet);
    expect(events.reports).toEqual([]);
    await negotiate(sender, pc);
    await until(() => sender.connectionState === "connected" && pc.connectionState === "connected");
    for (const packet of packets.slice(6)) injector.write(packet);
    await until(() => received.some(({ payload }) => payload.includes("early")));
    await transceiver.receiver.sendRtcpPLI(transceiver.receiver.track.ssrc as number);
    await until(() => events.keyFrameRequests > 0);
  });

  it("puts a message into every picture of ffmpeg -f rtp, without a gap", async ({ skip }) => {
    skip(!hasFfmpeg, "the ffmpeg program is not installed");
    const socket = createSocket("udp4");
    onTestFinished(() => void socket.close());
    await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
    const { injector, sent } = injected();
    const publisher = new SeiPublisher<number>();
    onTestFinished(() => publisher.close());
    publisher.attach(injector);
    let pictures = 0;
    socket.on("message", (bytes) => {
      injector.write(bytes);
      if ((bytes[1] as number) & 0x80) publisher.publish(pictures++, { copies: 1 });
    });
    const { port } = socket.address() as AddressInfo;
    const options = "-hide_banner -loglevel error -re -f lavfi -i testsrc=size=640x360:rate=30 -frames:v 60";
    const codec = "-c:v libx264 -preset veryfast -tune zerolatency -pix_fmt yuv420p -g 30 -b:v 1M";
    const ffmpeg = spawn("ffmpeg", [
      ...`${options} ${codec} -f rtp rtp://127.0.0.1:${port}?rtcpport=${port + 1}`.split(" "),
    ]);
    await new Promise((resolve) => ffmpeg.once("exit", resolve));
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(pictures).toBe(60);
    expect(gaps(sent)).toBe(0);
    const pieces = read(sent);
    expect(pieces).toHaveLength(60);
    // The messages come after the first picture; key frames carry copies and heartbeats too.
    expect(pieces.slice(1).every(({ texts }) => texts.length > 0)).toBe(true);
  });
});
