import { SeiPublisher } from "@inband/publisher";
import { useFakeClock } from "@inband/rig/fake-clock";
import { ManualFeed } from "@inband/rig/manual-feed";
import { CarrierPublishers, defaultCarrierLimits, type SeiCarrier } from "@inband/stream";
import { SeiSubscriber } from "@inband/subscriber";
import { ivs } from "@inband/wire";
import { expect, it, vi } from "vitest";

useFakeClock();

/** A carrier and a feed with nothing between them but access units, some of which a test loses. */
function link() {
  const publishers = new CarrierPublishers(defaultCarrierLimits);
  const stream = publishers.stream("1");
  let rtpTimestamp = 0xffff_ffff - 20_000;
  let frames = 0;
  const feed = new ManualFeed();
  const carrier: SeiCarrier = {
    name: "link",
    limits: defaultCarrierLimits,
    open: (events, limits) => publishers.open(events, limits),
  };
  const frame = (isLost: boolean): void => {
    const isKeyFrame = frames % 30 === 0;
    for (const nal of stream.take({ rtpTimestamp, isKeyFrame })) {
      if (!isLost) feed.bringNal(nal, { rtpTimestamp, isKeyFrame });
    }
    stream.commit();
    frames += 1;
    rtpTimestamp = (rtpTimestamp + 3000) >>> 0;
    vi.advanceTimersByTime(33);
  };
  return { carrier, feed, frame, at: () => rtpTimestamp };
}

it("brings every message once through loss, each bound to the frame that carried its first copy", () => {
  const { carrier, feed, frame, at } = link();
  const publisher = new SeiPublisher<number>();
  const subscriber = new SeiSubscriber<number>();
  publisher.attach(carrier);
  subscriber.attach(feed);
  const got = new Map<number, number | undefined>();
  const gaps: unknown[] = [];
  subscriber.on("message", ({ value, rtpTimestamp }) => {
    expect(got.has(value)).toBe(false);
    got.set(value, rtpTimestamp);
  });
  subscriber.on("gap", (gap) => gaps.push(gap));
  const sent: number[] = [];
  for (let index = 0; index < 600; index += 1) {
    if (index % 2 === 0 && index < 500) {
      sent.push(at());
      publisher.publish(index / 2);
    }
    // Two of three access units are lost, in runs of two: one of three consecutive copies always comes.
    frame(index % 3 !== 0);
  }
  expect([...got.entries()].sort(([a], [b]) => a - b)).toEqual([...sent.entries()]);
  vi.advanceTimersByTime(10_000);
  expect(gaps).toEqual([]);
  publisher.close();
  subscriber.close();
});

it("repairs a burst that takes all consecutive copies by the key frames that follow, and reports what is lost for good", () => {
  const { carrier, feed, frame } = link();
  const publisher = new SeiPublisher<string>();
  const subscriber = new SeiSubscriber<string>();
  publisher.attach(carrier);
  subscriber.attach(feed);
  const values: string[] = [];
  const gaps: unknown[] = [];
  subscriber.on("message", ({ value, isKeyFrame }) => values.push(`${value} ${isKeyFrame}`));
  subscriber.on("gap", ({ sequence, missing }) => gaps.push([sequence, missing]));
  const run = (count: number, isLost: boolean) => {
    for (let index = 0; index < count; index += 1) frame(isLost);
  };
  publisher.publish("first");
  run(5, false);
  publisher.publish("burst");
  run(10, true);
  run(30, false);
  publisher.publish("gone");
  run(180, true);
  publisher.publish("last");
  run(10, false);
  expect(values).toEqual(["first true", "burst true", "last false"]);
  vi.advanceTimersByTime(6000);
  expect(gaps).toEqual([[2, 1]]);
  publisher.close();
  subscriber.close();
});

it("carries 31 copies of raw bytes as one message, and the same bytes later as another", () => {
  const { carrier, feed, frame } = link();
  const publisher = new SeiPublisher<Uint8Array>({ profile: ivs(), copies: 31 });
  const subscriber = new SeiSubscriber<Uint8Array>({ profiles: [ivs()] });
  publisher.attach(carrier);
  subscriber.attach(feed);
  for (let index = 0; index < 2; index += 1) {
    publisher.publish(Uint8Array.of(1, 2, 3));
    for (let count = 0; count < 70; count += 1) frame(false);
  }
  expect(subscriber.stats()).toMatchObject({ messages: 2, duplicates: 60 });
  publisher.close();
  subscriber.close();
});

it("tells of the last message of a topic by the publisher's heartbeats, and not of one that was cancelled", () => {
  const { carrier, feed, frame } = link();
  const publisher = new SeiPublisher<string>();
  const subscriber = new SeiSubscriber<string>();
  publisher.attach(carrier);
  subscriber.attach(feed);
  const gaps: unknown[] = [];
  subscriber.on("gap", ({ topic, sequence, missing }) => gaps.push([topic, sequence, missing]));
  const run = (count: number, isLost: boolean) => {
    for (let index = 0; index < count; index += 1) {
      frame(isLost);
      feed.sink?.accessUnits(1);
    }
  };
  publisher.publish("first", { topic: "chat" });
  run(90, false);
  publisher.publish("gone", { topic: "chat" });
  publisher.publish("new and gone", { topic: "new" });
  publisher.publish("cancelled", { topic: "chat" }).cancel();
  run(300, true);
  run(120, false);
  expect(gaps).toEqual([]);
  vi.advanceTimersByTime(6000);
  expect(gaps.toSorted()).toEqual([
    ["chat", 1, 1],
    ["new", 0, 1],
  ]);
  expect(subscriber.stats()).toMatchObject({ messages: 1, errors: 0 });
  publisher.close();
  subscriber.close();
});

it("gives the newest retained value to one who comes late, once, in the midst of loss", () => {
  const { carrier, feed, frame } = link();
  const publisher = new SeiPublisher<string>();
  publisher.attach(carrier);
  for (const value of ["old", "newest"]) publisher.publish(value, { topic: "state", retain: true });
  for (let index = 0; index < 300; index += 1) frame(false);
  const subscriber = new SeiSubscriber<string>({ order: "sequence" });
  subscriber.attach(feed);
  const heard: unknown[] = [];
  const gaps: unknown[] = [];
  subscriber.on("message", ({ value, retained }) => heard.push([value, retained]));
  subscriber.on("gap", (gap) => gaps.push(gap));
  for (let index = 0; index < 4000; index += 1) frame(index % 7 < 3);
  expect(heard).toEqual([["newest", true]]);
  expect(gaps).toEqual([]);
  expect(subscriber.stats().duplicates).toBeGreaterThan(10);
  publisher.close();
  subscriber.close();
});
