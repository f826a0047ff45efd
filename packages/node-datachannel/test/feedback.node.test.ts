import { nodeDataChannelCarrier } from "@inband/node-datachannel";
import { SeiPublisher } from "@inband/publisher";
import { told } from "@inband/rig/turn";
import fc from "fast-check";
import { expect, it, onTestFinished } from "vitest";

const ssrc = 0xdead_beef;

/** A carrier on a track that a test writes RTCP to. */
function carrier() {
  let receive: (packet: Buffer) => void = () => {};
  const track = {
    type: () => "video",
    isOpen: () => true,
    sendMessageBinary: () => true,
    setMediaHandler() {},
    onOpen() {},
    onMessage(listener: (packet: Buffer) => void) {
      receive = listener;
    },
  };
  const video = nodeDataChannelCarrier(track, { ssrc, payloadType: 96, keyFrameIntervalMs: 0 });
  const publisher = new SeiPublisher();
  publisher.attach(video);
  const bitrates: number[] = [];
  let requests = 0;
  publisher.on("keyFrameRequest", () => requests++);
  publisher.on("bitrate", ({ bitsPerSecond }) => bitrates.push(bitsPerSecond));
  onTestFinished(() => {
    publisher.close();
    video.close();
  });
  return { receive: (packet: Buffer) => receive(packet), bitrates, requests: () => requests };
}

const receiverReport = "81c90007fecaea14000004d2000000000000000000000000000000000000 0000";
const hex = (text: string): Buffer => Buffer.from(text.replaceAll(" ", ""), "hex");

it.each([
  ["PLI", "81ce0002 00000001 deadbeef"],
  ["PLI behind a receiver report", `${receiverReport} 81ce0002 00000001 deadbeef`],
  ["FIR", "84ce0004 00000001 00000000 deadbeef 01000000"],
])("asks for a key frame by %s", async (_, packet) => {
  const { receive, requests } = carrier();
  receive(hex(packet));
  await told();
  expect(requests()).toBe(1);
});

it("leaves alone what is meant for another stream, or is no feedback", async () => {
  const { receive, requests, bitrates } = carrier();
  receive(hex("81ce0002 00000001 deadbeee"));
  receive(hex("84ce0004 00000001 00000000 deadbeee 01000000"));
  receive(hex("81cd0002 00000001 deadbeef"));
  receive(hex(receiverReport));
  receive(hex("81ce0002 00000001"));
  await told();
  expect(requests()).toBe(0);
  expect(bitrates).toEqual([]);
});

it("passes on the bitrate that a receiver estimates", async () => {
  const { receive, bitrates } = carrier();
  receive(hex("8fce0005 00000001 00000000 52454d42 01000000 deadbeef"));
  receive(hex("8fce0005 00000001 00000000 52454d42 010b d090 deadbeef"));
  await told();
  expect(bitrates).toEqual([0x3d090 * 4]);
});

it("stands RTCP of any bytes", () => {
  const { receive } = carrier();
  const byte = fc.oneof(fc.constantFrom(0, 1, 0x81, 0x84, 0x8f, 0xce, 0xff), fc.nat(255));
  fc.assert(
    fc.property(fc.array(byte, { maxLength: 60 }), (bytes) => {
      receive(Buffer.from(bytes));
      receive(Buffer.from([0x8f, 0xce, 0, bytes.length >> 2, ...bytes]));
    }),
  );
});
