import { browserCarrier, browserFeed } from "@inband/browser";
import { dataChannelCarrier, dataChannelFeed } from "@inband/data-channel";
import { SeiPublisher } from "@inband/publisher";
import { connectLoopback } from "@inband/rig/page/loopback";
import { until } from "@inband/rig/page/until";
import { SeiSubscriber } from "@inband/subscriber";
import { expect, it, onTestFinished } from "vitest";

it("delivers 20 messages over a browser's data channel and video, each once", async () => {
  const publisher = new SeiPublisher<string>();
  const subscriber = new SeiSubscriber<string>();
  const received: string[] = [];
  const errors: unknown[] = [];
  publisher.on("error", (error) => errors.push(error));
  subscriber.on("error", (error) => errors.push(error));
  subscriber.on("message", ({ value }) => received.push(value));
  const loopback = await connectLoopback({
    onSender: (sender) => publisher.attach(browserCarrier(sender)),
    onReceiver: (receiver) => subscriber.attach(browserFeed(receiver), { group: "alice" }),
    onConnections: (sending, receiving) => {
      publisher.attach(dataChannelCarrier(sending.createDataChannel("messages")));
      receiving.ondatachannel = ({ channel }) => subscriber.attach(dataChannelFeed(channel), { group: "alice" });
    },
  });
  onTestFinished(() => {
    publisher.close();
    subscriber.close();
    loopback.close();
  });
  const texts = Array.from({ length: 20 }, (_, index) => `message ${index}`);
  const receipts = await Promise.all(texts.map((text) => publisher.publish(text).sent));
  await until("the copies are there", () => subscriber.stats().duplicates >= 60);

  expect([...received].sort()).toEqual([...texts].sort());
  expect(receipts.map(({ streams }) => streams.map(({ carrier }) => carrier).sort())).toEqual(
    texts.map(() => ["browser", "data-channel"]),
  );
  expect(errors).toEqual([]);
});
