import { hex } from "@inband/rig/hex";
import { byeSources, isRtcp, parseRtpPacket, readPayloadFeedback, splitRtcp } from "@inband/rtp";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

describe("parseRtpPacket (RFC 3550 5.1)", () => {
  it("reads the header and the payload", () => {
    expect(parseRtpPacket(hex("80 e0 fffe 00000bb8 deadbeef 41 42"))).toEqual({
      payload: hex("41 42"),
      payloadType: 96,
      marker: true,
      sequenceNumber: 65_534,
      rtpTimestamp: 3000,
      ssrc: 0xdead_beef,
    });
  });

  it("leaves out contributing sources, the header extension and padding", () => {
    const packet = parseRtpPacket(hex("b1 60 0001 00000000 00000001 00000002 bede0001 10aa0000 41 000003"));
    expect(packet?.payload).toEqual(hex("41"));
  });

  it("gives an empty payload for padding alone", () => {
    expect(parseRtpPacket(hex("a0 60 0001 00000000 00000001 00000004"))?.payload).toEqual(new Uint8Array());
  });

  it.each([
    ["a short header", "80 60 0001 00000000 000000"],
    ["another version", "40 60 0001 00000000 00000001 41"],
    ["an extension that is cut", "90 60 0001 00000000 00000001 bede0002 10aa0000"],
    ["more padding than bytes", "a0 60 0001 00000000 00000001 4105"],
    ["padding of no bytes", "a0 60 0001 00000000 00000001 4100"],
    ["RTCP (RFC 5761 4)", "80 c8 0006 00000000 00000001 41"],
  ])("refuses %s", (_, bytes) => {
    expect(parseRtpPacket(hex(bytes))).toBeUndefined();
  });

  it("throws for no bytes", () => {
    fc.assert(fc.property(fc.uint8Array(), (bytes) => void parseRtpPacket(bytes)));
  });
});

describe("RTCP (RFC 3550 6)", () => {
  const receiverReport = "81 c9 0007 00000001 00000002 00000000 00000000 00000000 00000000 00000000";

  it("is told apart from RTP (RFC 5761 4)", () => {
    expect([hex(receiverReport), hex("80 e0 0000 00000000 00000000")].map(isRtcp)).toEqual([true, false]);
  });

  it("comes apart up to what is broken", () => {
    const packets = splitRtcp(hex(`${receiverReport} 81 cb 0001 00000007 81 ce 00ff`));
    expect(packets.map(({ type, count }) => [type, count])).toEqual([
      [201, 1],
      [203, 1],
    ]);
  });

  it("says BYE for as many sources as it names and holds (6.6)", () => {
    expect(byeSources(hex(`${receiverReport} 82 cb 0002 00000007 00000008`))).toEqual([7, 8]);
    expect(byeSources(hex("9f cb 0001 00000007"))).toEqual([7]);
  });

  it("asks for key frames and bitrates of one stream (RFC 4585 6.3.1, RFC 5104 4.3.1, REMB)", () => {
    const asked: (number | "key frame")[] = [];
    const read = (text: string): void =>
      readPayloadFeedback(hex(text), 7, {
        keyFrameRequest: () => asked.push("key frame"),
        bitrate: (bitsPerSecond) => asked.push(bitsPerSecond),
      });
    read("81 ce 0002 00000001 00000007");
    read("81 ce 0002 00000001 00000008");
    read("84 ce 0004 00000001 00000000 00000007 01000000");
    read("8f ce 0005 00000001 00000000 52454d42 01 0b d090 00000007");
    expect(asked).toEqual(["key frame", "key frame", 4 * 0x3_d090]);
  });

  it("throws for no bytes", () => {
    const nothing = { keyFrameRequest: () => undefined, bitrate: () => undefined };
    const begins = fc.constantFrom(hex(receiverReport), hex("81 ce 0003"), hex("9f cb 0001"), new Uint8Array());
    fc.assert(
      fc.property(begins, fc.uint8Array(), (begin, rest) => {
        const bytes = Uint8Array.from([...begin, ...rest]);
        byeSources(bytes);
        readPayloadFeedback(bytes, 7, nothing);
      }),
    );
  });
});
