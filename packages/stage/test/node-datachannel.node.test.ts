import { nodeDataChannelCarrier, nodeDataChannelFeed, nodeDataChannelPeer } from "@inband/node-datachannel";
import { SeiPublisher } from "@inband/publisher";
import { nativePeer } from "@inband/rig/node-datachannel/test-peer";
import { servedStage } from "@inband/rig/stage/served-stage";
import { steadyVideo } from "@inband/rig/steady-video";
import { until } from "@inband/rig/until";
import { connectWhep, connectWhip, type OfferingPeer, RemoteError } from "@inband/stage/client";
import { SeiSubscriber } from "@inband/subscriber";
import { type PeerConnection, RtcpReceivingSession, Video } from "node-datachannel";
import { describe, expect, it, onTestFinished } from "vitest";

const ssrc = 4242;
const payloadType = 96;

function videoOf(pc: PeerConnection) {
  const description = new Video("video", "SendOnly");
  description.addH264Codec(payloadType);
  description.addSSRC(ssrc, "inband", "stream", "track");
  const video = nodeDataChannelCarrier(pc.addTrack(description), { ssrc, payloadType });
  onTestFinished(() => video.close());
  return video;
}

function feedOf(pc: PeerConnection) {
  const description = new Video("video", "RecvOnly");
  description.addH264Codec(payloadType);
  const track = pc.addTrack(description);
  track.setMediaHandler(new RtcpReceivingSession());
  return nodeDataChannelFeed(track, { payloadType });
}

describe("a stage, by connectWhip and connectWhep with node-datachannel", () => {
  it("takes video with messages, gives it, and forgets who leaves", async () => {
    const { stage, url } = await servedStage();
    const token = (participantId: string) => stage.createToken({ url, participantId });
    const sending = nativePeer("alice");
    const video = videoOf(sending);
    const publisher = new SeiPublisher<string>();
    const subscriber = new SeiSubscriber<string>();
    onTestFinished(() => {
      publisher.close();
      subscriber.close();
    });
    publisher.attach(video);
    steadyVideo((unit) => video.write(unit));
    const peer: OfferingPeer = nodeDataChannelPeer(sending);
    const alice = await connectWhip(peer, { url: `${url}/publish/alice`, token: await token("alice") });
    await until(() => stage.participants()[0]?.isPublishing === true);
    const receiving = nativePeer("bob");
    const received: string[] = [];
    subscriber.on("message", ({ value }) => received.push(value));
    subscriber.attach(feedOf(receiving));
    const bob = await connectWhep(nodeDataChannelPeer(receiving), {
      url: `${url}/subscribe/alice`,
      token: await token("bob"),
    });
    await until(() => receiving.state() === "connected");
    publisher.publish("hello", { retain: true, topic: "greeting" });
    await until(() => received.length > 0);
    expect(received).toEqual(["hello"]);
    await bob.close();
    expect(await bob.lost()).toMatchObject({ code: "closed" });
    await until(() => stage.participants()[0]?.subscribers === 0);
    await alice.close();
    await until(() => stage.participants().length === 0);
  });

  it("tells of a stage that has closed the connection", async () => {
    const { stage, url } = await servedStage();
    const pc = nativePeer("alice");
    videoOf(pc);
    const token = await stage.createToken({ url, participantId: "alice" });
    const session = await connectWhip(nodeDataChannelPeer(pc), { url: `${url}/publish/alice`, token });
    await until(() => pc.state() === "connected");
    await stage.close();
    expect(await session.lost()).toMatchObject({ name: "NodeDataChannelPeerError", code: "closed" });
  });

  it("refuses as it refuses others", async () => {
    const { stage, url } = await servedStage();
    const pc = nativePeer("bob");
    feedOf(pc);
    const token = await stage.createToken({ url, participantId: "bob" });
    const joining = connectWhep(nodeDataChannelPeer(pc), { url: `${url}/subscribe/nobody`, token });
    await expect(joining).rejects.toBeInstanceOf(RemoteError);
    expect(() => nodeDataChannelPeer({} as never)).toThrow(/^pc: expected a PeerConnection of node-datachannel/);
  });
});
