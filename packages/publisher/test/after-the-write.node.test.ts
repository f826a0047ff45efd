import { dataChannelCarrier } from "@inband/data-channel";
import { nodeDataChannelCarrier } from "@inband/node-datachannel";
import { SeiPublisher } from "@inband/publisher";
import { accessUnit } from "@inband/rig/access-unit";
import { ScriptedChannel } from "@inband/rig/scripted-channel";
import { told } from "@inband/rig/turn";
import { until } from "@inband/rig/until";
import { negotiate } from "@inband/rig/werift/peer";
import { peer, receiver } from "@inband/rig/werift/test-peer";
import { AccessUnitCarrier, type SeiCarrier } from "@inband/stream";
import { WeriftVideo, weriftInjector } from "@inband/werift";
import { expect, it, onTestFinished } from "vitest";
import { MediaStreamTrack, RtpHeader, RtpPacket } from "werift";

// A real connection, on machines that do other things as well.
interface Way {
  readonly carrier: SeiCarrier;
  /** Sends the access unit that the message rides. */
  write(): void;
}

async function werift(): Promise<Way> {
  const video = new WeriftVideo();
  onTestFinished(() => video.close());
  const sender = peer();
  const connected = video.connect(sender);
  await negotiate(sender, receiver().pc);
  await connected;
  return { carrier: video, write: () => video.write(accessUnit(0)) };
}

function injector(): Way {
  const made = weriftInjector(new MediaStreamTrack({ kind: "video" }));
  onTestFinished(() => made.close());
  const packet = (sequenceNumber: number, nalHeader: number): RtpPacket =>
    new RtpPacket(
      new RtpHeader({ sequenceNumber, timestamp: sequenceNumber * 3000, ssrc: 7, marker: true }),
      Buffer.from([nalHeader, 0x88, 1, 2]),
    );
  made.write(packet(1, 0x65));
  return { carrier: made, write: () => made.write(packet(2, 0x41)) };
}

function nodeDataChannel(): Way {
  const track = {
    type: () => "video",
    isOpen: () => true,
    sendMessageBinary: () => true,
    setMediaHandler() {},
    onOpen() {},
    onMessage() {},
  };
  const video = nodeDataChannelCarrier(track, { ssrc: 1, payloadType: 96 });
  onTestFinished(() => video.close());
  return { carrier: video, write: () => video.write(accessUnit(0)) };
}

function ownCarrier(): Way {
  const video = new AccessUnitCarrier({ name: "own", send() {} });
  onTestFinished(() => video.close());
  return { carrier: video, write: () => video.write(accessUnit(0)) };
}

/** Here the message leaves inside `publish` or when the buffer of the channel has room. */
function dataChannel(): Way {
  const channel = new ScriptedChannel();
  channel.bufferedAmount = 1_000_000;
  return { carrier: dataChannelCarrier(channel), write: () => channel.drains() };
}

it.each([
  ["werift", werift],
  ["an injector", injector],
  ["node-datachannel", nodeDataChannel],
  ["a carrier of the application's own", ownCarrier],
  ["a data channel", dataChannel],
])("a listener that takes 200 ms does not hold up an access unit that leaves through %s", async (_, way) => {
  const { carrier, write } = await way();
  using publisher = new SeiPublisher({ copies: 1, heartbeat: false });
  publisher.attach(carrier);
  const happened: string[] = [];
  publisher.on("settled", ({ outcome }) => {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
    happened.push(`heard that it was ${outcome}`);
  });
  publisher.publish("x");
  await told();
  write();
  happened.push("the access unit has left");
  await until(() => happened.length === 2);
  expect(happened).toEqual(["the access unit has left", "heard that it was sent"]);
});

it("no listener, logger or encoder runs inside the write of an access unit, whatever happens there", async () => {
  let isWriting = false;
  let heard = 0;
  const hear = (): void => {
    heard += 1;
    expect(isWriting).toBe(false);
  };
  const video = new AccessUnitCarrier({
    name: "own",
    send() {
      video.requestKeyFrame();
      video.reportBitrate(1);
      throw new Error("no way out");
    },
  });
  onTestFinished(() => video.close());
  video.connectEncoder({ requestKeyFrame: hear, setBitrate: hear }, { maxBitrate: 2 });
  await told();
  using publisher = new SeiPublisher({ logger: { debug: hear, info: hear, warn: hear, error: hear } });
  for (const name of ["settled", "keyFrameRequest", "bitrate", "error"] as const) publisher.on(name, hear);
  publisher.attach(video);
  publisher.publish("x", { expiresAfterMs: 1 });
  await new Promise((resolve) => setTimeout(resolve, 150));
  heard = 0;
  isWriting = true;
  video.write(accessUnit(0));
  isWriting = false;
  expect(heard).toBe(0);
  await told();
  expect(heard).toBeGreaterThanOrEqual(5);
});
