import { dataChannelCarrier, dataChannelFeed } from "@inband/data-channel";
import { SeiPublisher } from "@inband/publisher";
import { accessUnit } from "@inband/rig/access-unit";
import { joinNatively } from "@inband/rig/node-datachannel/peer";
import { nativePeer } from "@inband/rig/node-datachannel/test-peer";
import { until } from "@inband/rig/until";
import { negotiate } from "@inband/rig/werift/peer";
import { peer, receiver } from "@inband/rig/werift/test-peer";
import { type ReceivedMessage, SeiSubscriber } from "@inband/subscriber";
import { WeriftVideo, weriftFeed } from "@inband/werift";
import type { DataChannel } from "node-datachannel";
import { describe, expect, it, onTestFinished } from "vitest";

const texts = Array.from({ length: 20 }, (_, index) => `message ${index}`);

describe("a video and a data channel between two werift peers", () => {
  it("delivers 20 messages that went both ways, each once", async () => {
    const sending = peer();
    const { pc: receiving, transceiver } = receiver();
    const video = new WeriftVideo();
    const publisher = new SeiPublisher<string>();
    const subscriber = new SeiSubscriber<string>();
    onTestFinished(() => {
      publisher.close();
      subscriber.close();
      video.close();
    });
    const received: ReceivedMessage<string>[] = [];
    subscriber.on("message", (message) => received.push(message));
    subscriber.attach(weriftFeed(transceiver), { group: "alice" });
    receiving.onDataChannel.subscribe((channel) => subscriber.attach(dataChannelFeed(channel), { group: "alice" }));

    publisher.attach(video);
    const channel = sending.createDataChannel("messages");
    publisher.attach(dataChannelCarrier(channel));
    const connected = video.connect(sending);
    await negotiate(sending, receiving);
    await connected;
    await until(() => channel.readyState === "open");

    const receipts = [];
    for (let index = 0; index < 60; index += 1) {
      const text = texts[index - 20];
      if (text !== undefined) receipts.push(publisher.publish(text, { topic: "chat" }).sent);
      video.write(accessUnit(index, { isKeyFrame: index % 20 === 0 }));
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    const carriers = (await Promise.all(receipts)).map((receipt) =>
      receipt.streams.map(({ carrier }) => carrier).sort(),
    );
    // Three copies in the video, one on the channel, and one more on a key frame for some: one of them is the message.
    await until(() => subscriber.stats().duplicates >= 60);

    expect(received.map(({ value }) => value).sort()).toEqual([...texts].sort());
    expect(carriers).toEqual(texts.map(() => ["data-channel", "werift"]));
    expect(subscriber.stats()).toMatchObject({ messages: 20, missing: 0, errors: 0, foreign: 0 });
  });

  it("delivers a message of many parts over the channel alone", async () => {
    const sending = peer();
    const receiving = peer();
    const publisher = new SeiPublisher<string>();
    const subscriber = new SeiSubscriber<string>();
    onTestFinished(() => {
      publisher.close();
      subscriber.close();
    });
    const received: string[] = [];
    subscriber.on("message", ({ value }) => received.push(value));
    receiving.onDataChannel.subscribe((channel) => subscriber.attach(dataChannelFeed(channel)));
    publisher.attach(dataChannelCarrier(sending.createDataChannel("messages")));
    const long = "0123456789".repeat(5000);
    const { sent } = publisher.publish(long);
    await negotiate(sending, receiving);
    expect((await sent).outcome).toBe("sent");
    await until(() => received.length > 0);
    expect(received).toEqual([long]);
  });
});

describe("a data channel that comes late", () => {
  it("brings the retained value of a topic, once, and nothing that looks like a loss", async () => {
    const sending = peer();
    const receiving = peer();
    const publisher = new SeiPublisher<string>();
    const subscriber = new SeiSubscriber<string>({ gapTimeoutMs: 100 });
    onTestFinished(() => {
      publisher.close();
      subscriber.close();
    });
    const received: string[] = [];
    const gaps: unknown[] = [];
    subscriber.on("message", ({ value }) => received.push(value));
    subscriber.on("gap", (gap) => gaps.push(gap));
    receiving.onDataChannel.subscribe((channel) => subscriber.attach(dataChannelFeed(channel)));
    publisher.publish("old", { topic: "title", retain: true, expiresAfterMs: 10 });
    publisher.publish("new", { topic: "title", retain: true, expiresAfterMs: 10 });
    await new Promise((resolve) => setTimeout(resolve, 50));
    publisher.attach(dataChannelCarrier(sending.createDataChannel("messages")));
    await negotiate(sending, receiving);
    await until(() => received.length > 0);
    publisher.publish("last", { topic: "title" });
    await until(() => received.length > 1);
    // Heartbeats come every second.
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect(received).toEqual(["new", "last"]);
    expect(gaps).toEqual([]);
    expect(subscriber.stats().userData).toBeGreaterThan(2);
  });
});

describe("a data channel of node-datachannel", () => {
  it("carries messages both ways, each once", async () => {
    const one = nativePeer("one");
    const two = nativePeer("two");
    joinNatively(one, two);
    const here = new SeiPublisher<string>();
    const there = new SeiPublisher<string>();
    const heardHere = new SeiSubscriber<string>();
    const heardThere = new SeiSubscriber<string>();
    onTestFinished(() => {
      for (const thing of [here, there, heardHere, heardThere]) thing.close();
    });
    const atHere: string[] = [];
    const atThere: string[] = [];
    heardHere.on("message", ({ value }) => atHere.push(value));
    heardThere.on("message", ({ value }) => atThere.push(value));
    two.onDataChannel((channel: DataChannel) => {
      heardThere.attach(dataChannelFeed(channel));
      there.attach(dataChannelCarrier(channel));
    });
    const channel = one.createDataChannel("messages");
    heardHere.attach(dataChannelFeed(channel));
    here.attach(dataChannelCarrier(channel));
    for (const text of texts) {
      here.publish(`to there: ${text}`, { expiresAfterMs: 60_000 });
      there.publish(`to here: ${text}`, { expiresAfterMs: 60_000 });
    }
    await until(() => atHere.length >= 20 && atThere.length >= 20);
    expect(atThere).toEqual(texts.map((text) => `to there: ${text}`));
    expect(atHere).toEqual(texts.map((text) => `to here: ${text}`));
  });
});
