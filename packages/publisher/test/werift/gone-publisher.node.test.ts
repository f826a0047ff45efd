import { SeiPublisher } from "@inband/publisher";
import { WeriftVideo } from "@inband/publisher/werift";
import { SeiSubscriber } from "@inband/subscriber";
import { weriftFeed } from "@inband/subscriber/werift";
import { expect, it, onTestFinished } from "vitest";
import { accessUnit } from "./access-units.ts";
import { negotiate, peer, receiver, until } from "./connected-pair.ts";

async function connected() {
  const video = new WeriftVideo();
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
  let frame = 0;
  let isFlowing = true;
  const timer = setInterval(() => {
    if (isFlowing) video.write(accessUnit(frame, { isKeyFrame: frame++ % 20 === 0 }));
  }, 20);
  onTestFinished(() => {
    clearInterval(timer);
    publisher.close();
    subscriber.close();
    video.close();
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
