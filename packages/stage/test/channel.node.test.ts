import { dataChannelFeed } from "@inband/data-channel";
import { SeiPublisher } from "@inband/publisher";
import { steadyVideo } from "@inband/rig/steady-video";
import { until } from "@inband/rig/until";
import { connectWhep, RemoteError } from "@inband/stage/client";
import { SeiSubscriber } from "@inband/subscriber";
import { describe, expect, it, onTestFinished } from "vitest";
import { useVP8 } from "werift";
import { peer, publishedStage } from "./stage.ts";

/** A stage on which alice publishes messages in H.264. */
async function speaking() {
  const { url, token, video, ...more } = await publishedStage();
  steadyVideo((unit) => video.write(unit));
  const publisher = new SeiPublisher<string>();
  onTestFinished(() => publisher.close());
  publisher.attach(video);
  return { url, token, publisher, ...more };
}

/** A peer that has a data channel, and a section of video where it may have H.264 or not, or none at all. */
async function listen(url: string, token: string, sections: "vp8" | "none") {
  const pc = peer({ codecs: { video: sections === "vp8" ? [useVP8()] : [], audio: [] } });
  if (sections === "vp8") pc.addTransceiver("video", { direction: "recvonly" });
  const channel = pc.createDataChannel("messages");
  const subscriber = new SeiSubscriber<string>();
  onTestFinished(() => subscriber.close());
  const received: string[] = [];
  subscriber.on("message", ({ value }) => received.push(value));
  subscriber.attach(dataChannelFeed(channel as never));
  const session = await connectWhep(pc, { url: `${url}/subscribe/alice`, token });
  await until(() => channel.readyState === "open");
  return { pc, received, session, subscriber };
}

describe("a subscriber without H.264", () => {
  it.each(["vp8", "none"] as const)("gets every message once over its data channel: %s", async (sections) => {
    const { stage, url, token, publisher } = await speaking();
    publisher.publish("retained", { retain: true, topic: "state" });
    const { received, session } = await listen(url, token, sections);
    await until(() => received.includes("retained"));
    const texts = Array.from({ length: 50 }, (_, index) => `message ${index}`);
    for (const text of texts) {
      publisher.publish(text);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    await until(() => received.length >= texts.length + 1);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(received).toEqual(["retained", ...texts]);
    expect(stage.participants()[0]?.subscribers).toBe(1);
    await session.close();
    await until(() => stage.participants()[0]?.subscribers === 0);
  });

  it("gets them over a few data channels, however many it opens", async () => {
    const { url, token, publisher } = await speaking();
    const pc = peer({ codecs: { video: [], audio: [] } });
    const receives = new Set<string>();
    const channels = Array.from({ length: 12 }, (_, index) => {
      const channel = pc.createDataChannel(`messages ${index}`);
      channel.onMessage.subscribe(() => receives.add(channel.label));
      return channel;
    });
    await connectWhep(pc, { url: `${url}/subscribe/alice`, token });
    await until(() => channels.filter(({ readyState }) => readyState === "closed").length === 8);
    publisher.publish("hello");
    await until(() => receives.size === 4);
    expect(channels.filter(({ readyState }) => readyState === "open").map(({ label }) => label)).toEqual([...receives]);
  });

  it("is refused without a data channel, and where it publishes", async () => {
    const { url, token } = await speaking();
    const pc = peer({ codecs: { video: [useVP8()], audio: [] } });
    pc.addTransceiver("video", { direction: "recvonly" });
    await expect(connectWhep(pc, { url: `${url}/subscribe/alice`, token })).rejects.toMatchObject({
      ...{ name: RemoteError.name, status: 406 },
    });
    const sender = peer({ codecs: { video: [useVP8()], audio: [] } });
    sender.addTransceiver("video", { direction: "sendonly" });
    sender.createDataChannel("messages");
    await expect(connectWhep(sender, { url: `${url}/publish/alice`, token })).rejects.toMatchObject({ status: 406 });
  });
});
