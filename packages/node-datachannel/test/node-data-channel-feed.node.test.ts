import { buildSei, buildUserDataUnregistered } from "@inband/h264";
import { H264Payloader } from "@inband/h264/rtp";
import { type NodeDataChannelFeedOptions, nodeDataChannelFeed } from "@inband/node-datachannel";
import type { SeiSink, UserDataPlace } from "@inband/stream";
import fc from "fast-check";
import { describe, expect, it, onTestFinished, vi } from "vitest";

const uuid = Uint8Array.from({ length: 16 }, (_, index) => index + 1);

/** A track whose packets the test writes. */
class ScriptedTrack {
  receive: (packet: Buffer) => void = () => {};
  keyFrameRequests = 0;
  readonly #kind: string;

  constructor(kind = "video") {
    this.#kind = kind;
  }

  type(): string {
    return this.#kind;
  }

  isClosed = (): boolean => false;

  onMessage(listener: (packet: Buffer) => void): void {
    this.receive = listener;
  }

  requestKeyframe(): boolean {
    this.keyFrameRequests += 1;
    throw new Error("requestKeyframe() called on destroyed track");
  }
}

function opened(options: NodeDataChannelFeedOptions = {}) {
  const track = new ScriptedTrack();
  const messages: { text: string; place: UserDataPlace }[] = [];
  const errors: Error[] = [];
  const life: string[] = [];
  const sink: SeiSink = {
    userData: ({ payload }, place) => messages.push({ text: new TextDecoder().decode(payload), place: { ...place } }),
    accessUnits() {},
    broken() {},
    failed: (error) => errors.push(error),
    stalled: (reason) => life.push(`stalled: ${reason}`),
    ended: (reason) => life.push(`ended: ${reason}`),
  };
  const open = nodeDataChannelFeed(track, options).open(sink);
  return { track, messages, errors, life, open };
}

function sei(text: string): Uint8Array {
  const payload = buildUserDataUnregistered({ uuid, payload: new TextEncoder().encode(text) });
  return buildSei([{ payloadType: 5, payload }]);
}

interface Header {
  readonly payloadType?: number;
  readonly ssrc?: number;
  readonly extensionWords?: number;
  readonly csrcs?: number;
  readonly padding?: number;
}

function rtp(payload: Uint8Array, sequenceNumber: number, timestamp: number, header: Header = {}): Buffer {
  const { payloadType = 96, ssrc = 7, extensionWords, csrcs = 0, padding = 0 } = header;
  const fixed = Buffer.alloc(12 + csrcs * 4);
  fixed[0] = 0x80 | (padding > 0 ? 0x20 : 0) | (extensionWords === undefined ? 0 : 0x10) | csrcs;
  fixed[1] = payloadType;
  fixed.writeUInt16BE(sequenceNumber, 2);
  fixed.writeUInt32BE(timestamp, 4);
  fixed.writeUInt32BE(ssrc, 8);
  const extension = Buffer.alloc(extensionWords === undefined ? 0 : 4 + extensionWords * 4);
  if (extensionWords !== undefined) extension.writeUInt16BE(extensionWords, 2);
  return Buffer.concat([fixed, extension, payload, Buffer.alloc(padding, padding)]);
}

describe("nodeDataChannelFeed", () => {
  it("reads SEI behind header extensions and contributing sources, and before padding", () => {
    const { track, messages } = opened();
    track.receive(rtp(sei("plain"), 1, 3000));
    track.receive(rtp(sei("decked"), 2, 6000, { extensionWords: 2, csrcs: 3, padding: 5 }));
    expect(messages).toEqual([
      { text: "plain", place: { stream: "7", rtpTimestamp: 3000 } },
      { text: "decked", place: { stream: "7", rtpTimestamp: 6000 } },
    ]);
  });

  it("puts a SEI NAL unit of many fragments together, in any order", () => {
    const { track, messages } = opened();
    const long = "0123456789".repeat(400);
    const packets = new H264Payloader({ maxPayloadBytes: 500 })
      .payloads([sei(long)])
      .map(({ payload }, index) => rtp(payload, (65_533 + index) & 0xffff, 3000));
    for (const packet of packets.reverse()) track.receive(packet);
    expect(messages.map(({ text }) => text)).toEqual([long]);
  });

  it("asks for a key frame at the start of each stream, and stands a track that cannot", () => {
    const { track, messages, errors } = opened();
    track.receive(rtp(sei("a"), 1, 3000));
    track.receive(rtp(sei("b"), 2, 6000));
    track.receive(rtp(sei("c"), 1, 3000, { ssrc: 8 }));
    expect(track.keyFrameRequests).toBe(2);
    expect(messages.map(({ place }) => place.stream)).toEqual(["7", "7", "8"]);
    expect(errors).toEqual([]);
  });

  it("reads one payload type alone where it is told which, and hands every packet on", () => {
    const seen: number[] = [];
    const { track, messages } = opened({ payloadType: 96, onPacket: (packet) => seen.push(packet.length) });
    const packets = [rtp(sei("a"), 1, 3000), rtp(sei("b"), 2, 3000, { payloadType: 97 }), Buffer.of(0x80, 200, 0, 0)];
    for (const packet of packets) track.receive(packet);
    expect(messages.map(({ text }) => text)).toEqual(["a"]);
    expect(seen).toEqual(packets.map(({ length }) => length));
  });

  it("stands packets of any bytes", () => {
    const { track, errors } = opened();
    const byte = fc.oneof(fc.constantFrom(0, 1, 3, 0x80, 0x90, 0xb0, 0xff), fc.nat(255));
    fc.assert(
      fc.property(fc.array(byte, { maxLength: 60 }), (bytes) => {
        track.receive(Buffer.from(bytes));
        track.receive(Buffer.from([0x80, 96, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, ...bytes]));
      }),
    );
    expect(errors).toEqual([]);
  });

  it("ends when it is disposed of", () => {
    const { track, messages, open } = opened();
    open[Symbol.dispose]();
    track.receive(rtp(sei("late"), 1, 3000));
    expect(messages).toEqual([]);
  });

  it("refuses audio and what is no track", () => {
    expect(() => nodeDataChannelFeed(new ScriptedTrack("audio"))).toThrow(/audio/);
    expect(() => nodeDataChannelFeed({} as never)).toThrow(/Track/);
  });

  it("tells that the track was closed, once, and takes no listener of the application's for it", () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const { track, life } = opened();
    vi.advanceTimersByTime(10_000);
    expect(life).toEqual([]);
    track.isClosed = () => true;
    vi.advanceTimersByTime(500);
    expect(life).toEqual(["ended: connection-closed"]);
    vi.advanceTimersByTime(10_000);
    expect(life).toHaveLength(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("tells that RTCP says BYE of all that was sent, of a sender report and the like beside it, and of no other bytes", () => {
    const { track, life, open } = opened();
    for (const ssrc of [1, 2]) track.receive(rtp(sei("hello"), 1, 3000, { ssrc }));
    const report = Buffer.from([0x80, 201, 0, 1, 0, 0, 0, 9]);
    track.receive(Buffer.from([0x82, 203, 0, 2, 0, 0, 0, 1]));
    track.receive(Buffer.from([0x81, 203, 0, 9, 0, 0, 0, 1]));
    track.receive(Buffer.from([0x9f, 203, 0, 0]));
    for (const ssrc of [7, 1, 1]) track.receive(Buffer.concat([report, Buffer.from([0x81, 203, 0, 1, 0, 0, 0, ssrc])]));
    expect(life).toEqual([]);
    track.receive(Buffer.concat([report, Buffer.from([0x82, 203, 0, 2, 0, 0, 0, 7, 0, 0, 0, 2])]));
    expect(life).toEqual(["ended: bye"]);
    open[Symbol.dispose]();
  });
});
