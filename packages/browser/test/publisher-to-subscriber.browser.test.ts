import { browserCarrier, browserFeed } from "@inband/browser";
import { SeiPublisher } from "@inband/publisher";
import { blockFor } from "@inband/rig/page/blocked-page";
import { connectLoopback } from "@inband/rig/page/loopback";
import { until } from "@inband/rig/page/until";
import { type ReceivedMessage, SeiSubscriber } from "@inband/subscriber";
import { afterEach, describe, expect, it } from "vitest";

const open: { close(): void }[] = [];
afterEach(() => {
  for (const thing of open.splice(0).reverse()) thing.close();
});

interface Chat {
  readonly text: string;
}

describe("a publisher and a subscriber in two browsers' worth of page", () => {
  it("delivers 60 messages, each once, while the page is blocked now and then", async () => {
    const publisher = new SeiPublisher<Chat>();
    const subscriber = new SeiSubscriber<Chat>();
    const received: ReceivedMessage<Chat>[] = [];
    const presented: string[] = [];
    const errors: unknown[] = [];
    publisher.on("error", (error) => errors.push(error));
    subscriber.on("error", (error) => errors.push(error));
    subscriber.on("message", (message) => received.push(message));
    subscriber.on("present", ({ value }) => presented.push((value as Chat).text));
    const video = document.createElement("video");
    video.muted = true;
    video.autoplay = true;
    document.body.append(video);
    open.push({ close: () => video.remove() }, publisher, subscriber);
    open.push(
      await connectLoopback({
        onSender: (sender) => publisher.attach(browserCarrier(sender)),
        onReceiver: (receiver) => {
          subscriber.attach(browserFeed(receiver)).presentWith(video);
          video.srcObject = new MediaStream([receiver.track]);
        },
      }),
    );

    const sent = Array.from({ length: 60 }, (_, n) => `line ${n}`);
    const receipts = sent.map((text, n) => {
      if (n % 20 === 19) blockFor(300);
      return publisher.publish({ text }, { topic: "chat" }).sent;
    });
    const outcomes = (await Promise.all(receipts)).map(({ outcome }) => outcome);
    await until("all are there", () => received.length >= sent.length);
    await until("all have been presented", () => presented.length >= sent.length);

    // Where a frame is lost, its messages come with the next copies, behind newer ones.
    expect(received.map(({ value }) => value.text).sort()).toEqual([...sent].sort());
    expect([...presented].sort()).toEqual([...sent].sort());
    expect(new Set(outcomes)).toEqual(new Set(["sent"]));
    expect(new Set(received.map(({ topic }) => topic))).toEqual(new Set(["chat"]));
    expect(errors).toEqual([]);
  });

  it("delivers a message of many parts whole", async () => {
    const publisher = new SeiPublisher<string>();
    const subscriber = new SeiSubscriber<string>();
    const received: string[] = [];
    subscriber.on("message", ({ value }) => received.push(value));
    open.push(publisher, subscriber);
    open.push(
      await connectLoopback({
        onSender: (sender) => publisher.attach(browserCarrier(sender)),
        onReceiver: (receiver) => subscriber.attach(browserFeed(receiver)),
      }),
    );
    const long = "0123456789".repeat(2000);
    const { outcome } = await publisher.publish(long).sent;
    await until("it is there", () => received.length > 0);
    expect(outcome).toBe("sent");
    expect(received).toEqual([long]);
  });
});
