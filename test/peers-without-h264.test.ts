import { joinStage } from "@inband/browser/whip";
import { dataChannelCarrier, dataChannelFeed, videoWithChannel } from "@inband/data-channel";
import { SeiPublisher } from "@inband/publisher";
import { servedStage } from "@inband/rig/stage/served-stage";
import { steadyVideo } from "@inband/rig/steady-video";
import { until } from "@inband/rig/until";
import { descriptionOf } from "@inband/rig/werift/peer";
import { newVideo, peer } from "@inband/rig/werift/test-peer";
import { joinStage as joinInNode } from "@inband/stage/client";
import { SeiSubscriber } from "@inband/subscriber";
import wrtc from "@roamhq/wrtc";
import { describe, expect, it, onTestFinished, vi } from "vitest";

function listener() {
  const heard: string[] = [];
  const subscriber = new SeiSubscriber<string>();
  subscriber.on("message", ({ value }) => heard.push(value));
  subscriber.on("error", () => {});
  onTestFinished(() => subscriber.close());
  return { subscriber, heard };
}

function speaker(): SeiPublisher<string> {
  const publisher = new SeiPublisher<string>();
  publisher.on("error", () => {});
  onTestFinished(() => publisher.close());
  return publisher;
}

describe("@roamhq/wrtc, a libwebrtc without H.264", () => {
  it("gets the messages over the channel alone when it declines the video beside it", async () => {
    const { subscriber, heard } = listener();
    const connections: wrtc.RTCPeerConnection[] = [];
    onTestFinished(() => {
      for (const connection of connections) connection.close();
    });
    const video = newVideo();
    const offers: string[] = [];
    const { channel, connection, noVideo } = await videoWithChannel({
      connection: () => peer(),
      addVideo: (connection) => void video.connect(connection).catch(() => {}),
      async negotiate(connection) {
        await connection.setLocalDescription(await connection.createOffer());
        const { sdp } = descriptionOf(connection);
        offers.push(
          ...(sdp
            .match(/^m=\w+/gm)
            ?.join(" ")
            .split("\n") ?? []),
        );
        const answerer = new wrtc.RTCPeerConnection();
        connections.push(answerer);
        answerer.addEventListener("datachannel", ({ channel }) => subscriber.attach(dataChannelFeed(channel)));
        await answerer.setRemoteDescription({ type: "offer", sdp });
        await answerer.setLocalDescription(await answerer.createAnswer());
        await until(() => answerer.iceGatheringState === "complete");
        await connection.setRemoteDescription({ type: "answer", sdp: answerer.localDescription?.sdp ?? "" });
      },
    });
    expect(offers).toEqual(["m=video m=application", "m=application"]);
    expect(noVideo).toMatchObject({ code: "no-h264", reason: "not-received" });
    const publisher = speaker();
    publisher.attach(dataChannelCarrier(channel));
    expect((await publisher.publish("hello").sent).outcome).toBe("sent");
    await until(() => heard.length > 0);
    expect(heard).toEqual(["hello"]);
    await connection.close();
  });

  it("keeps the video, in one connection, where the peer takes it", async () => {
    const answerer = peer();
    answerer.addTransceiver("video", { direction: "recvonly" });
    const video = newVideo();
    const { noVideo } = await videoWithChannel({
      connection: () => peer(),
      addVideo: (connection) => void video.connect(connection).catch(() => {}),
      async negotiate(connection) {
        await connection.setLocalDescription(await connection.createOffer());
        await answerer.setRemoteDescription(descriptionOf(connection));
        await answerer.setLocalDescription(await answerer.createAnswer());
        await connection.setRemoteDescription(descriptionOf(answerer));
      },
    });
    expect(noVideo).toBeUndefined();
  });

  it("joins a stage as a page does, and gets every message by a data channel", async () => {
    vi.stubGlobal("RTCPeerConnection", wrtc.RTCPeerConnection);
    vi.stubGlobal("MediaStream", wrtc.MediaStream);
    vi.stubGlobal("RTCRtpReceiver", wrtc.RTCRtpReceiver);
    onTestFinished(() => void vi.unstubAllGlobals());
    const { stage, url } = await servedStage();
    const token = (participantId: string) => stage.createToken({ url, participantId });
    const video = newVideo();
    steadyVideo((unit) => video.write(unit));
    const publisher = speaker();
    publisher.attach(video);
    const alice = await joinInNode({ token: await token("alice"), publish: video });
    onTestFinished(() => alice.leave());
    const { subscriber, heard } = listener();
    const viewer = await joinStage({ token: await token("viewer"), subscribe: subscriber });
    expect(viewer.noVideo).toMatchObject({ code: "no-h264", reason: "not-here" });
    publisher.publish("retained", { retain: true, topic: "state" });
    await until(() => heard.length === 1);
    for (const text of ["one", "two", "three"]) publisher.publish(text);
    await until(() => heard.length === 4);
    expect(heard).toEqual(["retained", "one", "two", "three"]);
    await viewer.leave();
    expect(await viewer.ended).toBeUndefined();
    await until(() => stage.participants().length === 1);
  });
});
