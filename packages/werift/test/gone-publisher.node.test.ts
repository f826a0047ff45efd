import { SeiPublisher } from "@inband/publisher";
import { steadyVideo } from "@inband/rig/steady-video";
import { until } from "@inband/rig/until";
import { negotiate } from "@inband/rig/werift/peer";
import { newVideo, peer, receiver } from "@inband/rig/werift/test-peer";
import { SeiSubscriber } from "@inband/subscriber";
import { weriftFeed } from "@inband/werift";
import { expect, it, onTestFinished } from "vitest";

async function connected() {
  const video = newVideo();
  const publisher = new SeiPublisher<number>();
  publisher.attach(video);
  const [a, { pc: b, transceiver }] = [peer(), receiver()];
  const subscriber = new SeiSubscriber<number>();
  const life: string[] = [];
  const values: number[] = [];
  subscriber.on("message", ({ value }) => values.push(value));
  subscriber.on("stalled", () => life.push("stalled"));
  subscriber.on("resumed", () => life.push("resumed"));
  subscriber.on("ended", ({ reason }) => life.push(`ended: ${reason}`));
  subscriber.attach(weriftFeed(transceiver));
  const standing = video.connect(a);
  await negotiate(a, b);
  await standing;
  await until(() => b.connectionState === "connected");
  let isFlowing = true;
  steadyVideo((unit) => {
    if (isFlowing) video.write(unit);
  });
  onTestFinished(() => {
    publisher.close();
    subscriber.close();
  });
  publisher.publish(1);
  await until(() => values.length > 0);
  return { b, life, flow: (flows: boolean) => (isFlowing = flows) };
}

it("tells a subscriber over werift that the video has ceased, and that it goes on", async () => {
  const { life, flow } = await connected();
  flow(false);
  await until(() => life.includes("stalled"));
  flow(true);
  await until(() => life.includes("resumed"));
});

it("tells a subscriber over werift that its connection was closed", async () => {
  const { b, life } = await connected();
  await b.close();
  await until(() => life.some((told) => told.startsWith("ended")));
  expect(life.filter((told) => told.startsWith("ended"))).toEqual(["ended: connection-closed"]);
});
