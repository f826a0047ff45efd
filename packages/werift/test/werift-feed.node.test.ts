import { buildSei, buildUserDataUnregistered } from "@inband/h264";
import { H264Payloader } from "@inband/h264/rtp";
import { RecordingSink } from "@inband/rig/recording-sink";
import { weriftFeed } from "@inband/werift";
import { describe, expect, it } from "vitest";
import {
  Event,
  MediaStreamTrack,
  type PictureLossIndication,
  type RTCRtpTransceiver,
  type RtcpPacket,
  RtcpPayloadSpecificFeedback,
  RtpHeader,
  RtpPacket,
  useH264,
  useVP8,
} from "werift";

const uuid = Uint8Array.from({ length: 16 }, (_, index) => index + 1);
const slice = new Uint8Array(3000).fill(0xa5);
slice[0] = 0x41;

/** A transceiver as far as a feed knows it, whose packets the test writes. */
class Line {
  readonly onTrack = new Event<[MediaStreamTrack, RTCRtpTransceiver]>();
  readonly tracks: MediaStreamTrack[] = [];
  readonly keyFrameRequests: number[] = [];
  readonly transceiver: RTCRtpTransceiver;
  sequenceNumber = 65_530;

  constructor(kind = "video") {
    const receiver = {
      tracks: this.tracks,
      rtcpSsrc: 1,
      dtlsTransport: {
        sendRtcp: async ([packet]: RtcpPacket[]) => {
          if (!(packet instanceof RtcpPayloadSpecificFeedback)) return;
          this.keyFrameRequests.push((packet.feedback as PictureLossIndication).mediaSsrc);
        },
      },
    };
    this.transceiver = { kind, onTrack: this.onTrack, receiver, codecs: [] } as unknown as RTCRtpTransceiver;
  }

  add(ssrc: number): MediaStreamTrack {
    const track = new MediaStreamTrack({ kind: "video", remote: true, ssrc });
    this.tracks.push(track);
    this.onTrack.execute(track, this.transceiver);
    return track;
  }

  packets(nalUnits: readonly Uint8Array[], timestamp: number, ssrc = 1, maxPayloadBytes = 1170): RtpPacket[] {
    return new H264Payloader({ maxPayloadBytes }).payloads(nalUnits).map(({ payload, marker }) => {
      const sequenceNumber = this.sequenceNumber;
      this.sequenceNumber = (sequenceNumber + 1) & 0xffff;
      return new RtpPacket(new RtpHeader({ sequenceNumber, timestamp, marker, ssrc }), Buffer.from(payload));
    });
  }
}

function sei(text: string): Uint8Array {
  const payload = buildUserDataUnregistered({ uuid, payload: new TextEncoder().encode(text) });
  return buildSei([{ payloadType: 5, payload }]);
}

function opened(ssrc = 1) {
  const line = new Line();
  const track = line.add(ssrc);
  const sink = new RecordingSink();
  const open = weriftFeed(line.transceiver).open(sink);
  return { line, track, sink, open };
}

describe("weriftFeed", () => {
  it("reads SEI from single NAL unit packets and from STAP-A, with its place", () => {
    const { line, track, sink } = opened(77);
    for (const packet of line.packets([sei("alone"), slice], 3000, 77)) track.onReceiveRtp.execute(packet);
    const aggregated = line.packets([sei("one"), sei("two"), new Uint8Array(50).fill(0x41)], 6000, 77);
    expect((aggregated[0] as RtpPacket).payload[0]! & 31).toBe(24);
    for (const packet of aggregated) track.onReceiveRtp.execute(packet);
    expect(sink.heard).toEqual([
      { text: "alone", stream: "77", rtpTimestamp: 3000 },
      { text: "one", stream: "77", rtpTimestamp: 6000 },
      { text: "two", stream: "77", rtpTimestamp: 6000 },
    ]);
    expect(sink.accessUnitCount).toBe(2);
  });

  it("does not wait for packets that were lost, nor for order", () => {
    const { line, track, sink } = opened();
    const first = line.packets([sei("first"), slice], 3000);
    const second = line.packets([sei("second"), slice], 6000);
    track.onReceiveRtp.execute(second[0] as RtpPacket);
    track.onReceiveRtp.execute(first[0] as RtpPacket);
    expect(sink.texts).toEqual(["second", "first"]);
    expect(sink.heard[1]?.rtpTimestamp).toBe(3000);
  });

  it("joins a SEI NAL unit that spans packets, in any order and over the wrap of sequence numbers", () => {
    const { line, track, sink } = opened();
    const text = "x".repeat(9000);
    const packets = line.packets([sei(text), slice], 3000);
    expect(packets.length).toBeGreaterThan(8);
    for (const packet of packets.toReversed()) track.onReceiveRtp.execute(packet);
    expect(sink.texts).toEqual([text]);
  });

  it("joins nothing when a fragment is missing, and the next message all the same", () => {
    const { line, track, sink } = opened();
    const broken = line.packets([sei("y".repeat(5000))], 3000);
    broken.splice(2, 1);
    const whole = line.packets([sei("z".repeat(5000))], 3000);
    for (const packet of [...broken, ...whole]) track.onReceiveRtp.execute(packet);
    expect(sink.texts).toEqual(["z".repeat(5000)]);
  });

  it("survives any bytes, padding and packets that another reader has cleared", () => {
    const { line, track, sink } = opened();
    const bytes = [[], [6], [24], [24, 0xff, 0xff], [28], [28, 0xc6], [28, 0x86, 5], [6, 5, 200, 1], [0xff, 0xff]];
    for (const payload of bytes) {
      const header = new RtpHeader({ sequenceNumber: line.sequenceNumber++ & 0xffff, timestamp: 3000, ssrc: 1 });
      track.onReceiveRtp.execute(new RtpPacket(header, Buffer.from(payload)));
    }
    const cleared = new RtpPacket(new RtpHeader({ timestamp: 3000, ssrc: 1 }), Buffer.from([6]));
    cleared.clear();
    track.onReceiveRtp.execute(cleared);
    for (const packet of line.packets([sei("still here"), slice], 6000)) track.onReceiveRtp.execute(packet);
    expect(sink.texts).toEqual(["still here"]);
    expect(sink.errors).toEqual([]);
  });

  it("changes no packet", () => {
    const { line, track } = opened();
    const packets = line.packets([sei("a".repeat(3000)), sei("b"), slice], 3000);
    const before = packets.map((packet) => packet.serialize().toString("hex"));
    for (const packet of packets) track.onReceiveRtp.execute(packet);
    expect(packets.map((packet) => packet.serialize().toString("hex"))).toEqual(before);
  });

  it("reads every simulcast layer as a stream, those that appear later too, and asks each for a key frame once", () => {
    const { line, track, sink } = opened(11);
    const later = line.add(22);
    for (let index = 0; index < 3; index++) {
      for (const packet of line.packets([sei(`low ${index}`)], 3000 * index, 11)) track.onReceiveRtp.execute(packet);
      for (const packet of line.packets([sei(`high ${index}`)], 3000 * index, 22)) later.onReceiveRtp.execute(packet);
    }
    expect(sink.heard.map(({ stream }) => stream)).toEqual(["11", "22", "11", "22", "11", "22"]);
    expect(line.keyFrameRequests).toEqual([11, 22]);
  });

  it("counts an access unit once, however many packets, copies and late ones come", () => {
    const { line, track, sink } = opened();
    const packets = line.packets([slice], 3000);
    for (const packet of [...packets, ...line.packets([slice], 6000), ...packets]) track.onReceiveRtp.execute(packet);
    expect(sink.accessUnitCount).toBe(2);
  });

  it("reads on when VP8 is renegotiated to H.264, on the same stream and on another, and tells of VP8 once", () => {
    const { line, track, sink } = opened();
    track.codec = useVP8({ payloadType: 96 });
    for (const packet of line.packets([slice, slice], 3000)) track.onReceiveRtp.execute(packet);
    track.codec = useH264({ payloadType: 97 });
    for (const packet of line.packets([sei("hello"), slice], 6000)) track.onReceiveRtp.execute(packet);
    for (const packet of line.packets([sei("again"), slice], 9000, 6)) track.onReceiveRtp.execute(packet);
    track.codec = useVP8({ payloadType: 96 });
    for (const packet of line.packets([sei("no SEI in VP8"), slice], 12_000, 6)) track.onReceiveRtp.execute(packet);
    track.codec = useH264({ payloadType: 97 });
    for (const packet of line.packets([sei("and again"), slice], 15_000, 6)) track.onReceiveRtp.execute(packet);
    expect(sink.texts).toEqual(["hello", "again", "and again"]);
    expect(sink.errors.map(({ message }) => message)).toEqual([expect.stringContaining("VP8")]);
    expect(line.keyFrameRequests).toEqual([1, 6]);
  });

  it("tells codecs apart by payload type where several were agreed on, and passes over repair packets", () => {
    const { line, track, sink } = opened();
    const fec = Object.assign(useVP8({ payloadType: 98 }), { mimeType: "video/ulpfec" });
    line.transceiver.codecs = [useVP8({ payloadType: 96 }), useH264({ payloadType: 97 }), fec];
    track.codec = useVP8({ payloadType: 96 });
    const receive = (payloadType: number, text: string, timestamp: number) => {
      for (const packet of line.packets([sei(text), slice], timestamp)) {
        packet.header.payloadType = payloadType;
        track.onReceiveRtp.execute(packet);
      }
    };
    receive(97, "one", 3000);
    receive(98, "repair", 3000);
    receive(97, "two", 6000);
    expect(sink.errors).toEqual([]);
    receive(96, "VP8", 9000);
    receive(97, "three", 12_000);
    expect(sink.texts).toEqual(["one", "two", "three"]);
    expect(sink.errors.map(({ message }) => message)).toEqual([expect.stringContaining("VP8")]);
  });

  it("says so when the video is not H.264, and goes silent when it is disposed of", () => {
    const refused = opened();
    refused.track.codec = useVP8({ payloadType: 96 });
    for (const packet of refused.line.packets([slice], 3000)) refused.track.onReceiveRtp.execute(packet);
    expect(refused.sink.errors.map(({ message }) => message)).toEqual([expect.stringContaining("VP8")]);

    const { line, track, sink, open } = opened();
    open[Symbol.dispose]();
    for (const packet of line.packets([sei("late")], 3000)) track.onReceiveRtp.execute(packet);
    for (const packet of line.packets([sei("late")], 3000, 5)) line.add(5).onReceiveRtp.execute(packet);
    expect(sink.heard).toEqual([]);
    expect(() => weriftFeed(new Line("audio").transceiver)).toThrow(/audio/);
  });
});
