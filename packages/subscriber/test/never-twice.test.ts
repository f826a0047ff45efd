import { useFakeClock } from "@inband/rig/fake-clock";
import { ManualFeed } from "@inband/rig/manual-feed";
import { Sender } from "@inband/rig/sender";
import { testSubscriber } from "@inband/rig/test-subscriber";
import type { UserData } from "@inband/stream";
import type { Late, ReceivedMessage, SeiSubscriber, SeiSubscriberOptions } from "@inband/subscriber";
import { EnvelopeFlag, ivs, raw } from "@inband/wire";
import { beforeEach, describe, expect, it, vi } from "vitest";

let subscriber: SeiSubscriber;
let feed: ManualFeed;
let received: ReceivedMessage[];

useFakeClock();

beforeEach(() => start());

function start(options: SeiSubscriberOptions = {}): void {
  ({ subscriber, feed, received } = testSubscriber(options));
}

const bring = (parts: readonly UserData[], to = feed) => to.bringAll(parts);
const values = () => received.map(({ value }) => value);

describe.each(["arrival", "sequence"] as const)("in the order of %s the same bytes never come again", (order) => {
  beforeEach(() => start({ order }));

  it.each([59_999, 60_000, 61_000, 3_600_000])("after %i ms", (ms) => {
    const sender = new Sender();
    const all = [sender.message("first", "chat"), sender.message("second", "chat"), sender.message("no topic")];
    for (const parts of all) bring(parts);
    vi.advanceTimersByTime(ms);
    for (const parts of all) bring(parts);
    bring(sender.message("third", "chat"));
    expect(values()).toEqual(["first", "second", "no topic", "third"]);
  });

  it("in fragments, or after thousands of others of the source", () => {
    const sender = new Sender();
    const first = sender.message(new Uint8Array(3000).fill(7), "chat");
    bring(first);
    for (let index = 0; index < 70_000; index += 1) bring(sender.message(index, "chat"));
    bring(first);
    expect(received).toHaveLength(70_001);
  });

  it("of a retained message that newer ones have replaced", () => {
    const sender = new Sender();
    const states = [0, 1, 2].map((value) => sender.retained(value, "state"));
    for (const parts of states) bring(parts);
    // What came late is not the newest: that stays known for as long as it is sent again.
    bring(states[0] ?? []);
    for (let minute = 0; minute < 10; minute += 1) {
      vi.advanceTimersByTime(61_000);
      for (const parts of states.toReversed()) bring(parts);
    }
    expect(values()).toEqual([0, 1, 2]);
  });
});

it("remembers the newest retained message although an older one came after it", () => {
  const sender = new Sender();
  const [older, newer] = [sender.retained("older", "state"), sender.retained("newer", "state")];
  bring(newer);
  bring(older);
  for (let minute = 0; minute < 3; minute += 1) {
    vi.advanceTimersByTime(61_000);
    bring(newer);
    bring(older);
  }
  expect(values()).toEqual(["newer", "older"]);
});

it("delivers a retained message that comes for the first time long after newer messages of its topic", () => {
  const sender = new Sender();
  const state = sender.numbered("state", 5, "scores", EnvelopeFlag.Retained);
  for (let sequence = 6; sequence < 100; sequence += 1) {
    bring(sender.numbered(sequence, sequence, "scores"));
    vi.advanceTimersByTime(1000);
  }
  bring(state);
  bring(state);
  expect(received.at(-1)?.value).toBe("state");
  expect(received).toHaveLength(95);
});

it("delivers what was never played, and not again what was, when playing goes back for minutes", () => {
  const sender = new Sender();
  const minutes = Array.from({ length: 40 }, (_, minute) =>
    Array.from({ length: 10 }, (_, index) => sender.message(10 * minute + index, "chat")),
  );
  const play = (from: number, to: number) => {
    for (const minute of minutes.slice(from, to)) {
      for (const parts of minute) bring(parts);
      vi.advanceTimersByTime(60_000);
    }
  };
  play(30, 35);
  play(10, 15);
  play(5, 40);
  expect(received).toHaveLength(350);
  expect(new Set(values()).size).toBe(350);
  expect(subscriber.stats()).toMatchObject({ duplicates: 100, late: 0 });
});

it("cannot be made to forget another's messages by a flood", () => {
  const bob = new ManualFeed("bob");
  subscriber.attach(bob);
  const alice = new Sender(7);
  const message = alice.message("hello", "chat");
  bring(message);
  const flood = new Sender(9);
  for (let index = 0; index < 40_000; index += 1) bring(flood.message(index, `${index % 3000}`), bob);
  bring(message);
  expect(received.filter(({ source }) => source === 7)).toHaveLength(1);
  expect(received).toHaveLength(40_001);
});

describe("equal bytes without an id", () => {
  const [a, b] = [raw("11111111-2222-4333-8444-555555555555"), raw("99999999-2222-4333-8444-555555555555")];

  it("under two UUIDs are two messages, though their profiles have one name", () => {
    start({ profiles: [a, b] });
    for (const { uuid } of [a, b, a]) feed.bring({ uuid, payload: Uint8Array.of(1, 2, 3) });
    expect(values()).toEqual([Uint8Array.of(1, 2, 3), Uint8Array.of(1, 2, 3)]);
  });

  it("are known for their 2 s however many another feed brings", () => {
    start({ profiles: [ivs()] });
    const bob = new ManualFeed("bob");
    subscriber.attach(bob);
    feed.bring({ uuid: ivs().uuid, payload: Uint8Array.of(1) });
    for (let index = 0; index < 10_000; index += 1) {
      bob.bring({ uuid: ivs().uuid, payload: Uint8Array.of(2, index >> 8, index) });
    }
    feed.bring({ uuid: ivs().uuid, payload: Uint8Array.of(1) });
    expect(received.filter((message) => message.feed === "manual")).toHaveLength(1);
  });
});

describe("equal bytes without an id that arrive far apart", () => {
  const hello: UserData = { uuid: ivs().uuid, payload: Uint8Array.of(1, 2, 3) };
  const picture = 3000;
  beforeEach(() => start({ profiles: [ivs()] }));

  it("are copies where their frames follow each other, however long the process stood still between them", () => {
    for (const index of [0, 1, 2]) {
      feed.bring(hello, { rtpTimestamp: 5000 + index * picture });
      vi.advanceTimersByTime(20_000);
    }
    expect(received).toHaveLength(1);
    expect(received[0]?.copies).toBe(3);
  });

  it("are copies over the wrap of the RTP timestamp, and where the packets change their order", () => {
    for (const rtpTimestamp of [2 ** 32 - picture, picture, 0]) {
      feed.bring(hello, { rtpTimestamp });
      vi.advanceTimersByTime(5000);
    }
    expect(received).toHaveLength(1);
  });

  it("are copies by the times of frames that have no RTP timestamp", () => {
    for (const timestamp of [0, 33_333]) {
      feed.sink?.userData(hello, { stream: "main", timestamp });
      vi.advanceTimersByTime(5000);
    }
    expect(received).toHaveLength(1);
  });

  it("are copies in the layers of a simulcast video that were read before the process stood still", () => {
    const bring = (stream: string, rtpTimestamp: number, message = hello) =>
      feed.bring(message, { stream, rtpTimestamp });
    const before = { ...hello, payload: Uint8Array.of(9) };
    bring("low", 0, before);
    bring("high", 7_000_000, before);
    vi.advanceTimersByTime(33);
    bring("low", picture);
    vi.advanceTimersByTime(5000);
    bring("high", 7_000_000 + picture);
    bring("low", 2 * picture);
    bring("high", 7_000_000 + 2 * picture);
    expect(values()).toEqual([Uint8Array.of(9), Uint8Array.of(1, 2, 3)]);
  });

  it("are copies by their arrival on two ways to one publisher, whose times have nothing to do with each other", () => {
    const ways = [new ManualFeed("video"), new ManualFeed("again")] as const;
    for (const way of ways) subscriber.attach(way, { group: "alice" });
    ways[0].bring(hello, { rtpTimestamp: 0 });
    vi.advanceTimersByTime(1900);
    ways[1].bring(hello, { rtpTimestamp: 2_000_000_000 });
    expect(received).toHaveLength(1);
    vi.advanceTimersByTime(2000);
    ways[1].bring(hello, { rtpTimestamp: 2_000_180_000 });
    expect(received).toHaveLength(2);
  });

  it("are messages by their arrival where the feed knows no times", () => {
    for (let index = 0; index < 2; index += 1) {
      feed.sink?.userData(hello, { stream: "1" });
      vi.advanceTimersByTime(2000);
    }
    expect(received).toHaveLength(2);
  });
});

describe("equal bytes without an id that arrive together", () => {
  const hello: UserData = { uuid: ivs().uuid, payload: Uint8Array.of(1, 2, 3) };
  const second = 90_000;
  beforeEach(() => start({ profiles: [ivs()] }));

  it("are messages where their frames are 2 s apart, and a copy of each stays one", () => {
    // What waited while the process stood still.
    for (let ticks = 0; ticks <= 4 * second; ticks += 3000) {
      feed.sink?.accessUnits(1, { stream: "1", rtpTimestamp: ticks });
      if (ticks % (2 * second) <= 3000) feed.bring(hello, { rtpTimestamp: ticks });
    }
    expect(received).toHaveLength(3);
    expect(subscriber.stats()).toMatchObject({ messages: 3, duplicates: 2 });
  });

  it.each([
    ["a new stream", { stream: "2", rtpTimestamp: 77_777_777 }],
    ["a timestamp that jumps ahead", { rtpTimestamp: 3_000_000_000 }],
    ["a timestamp that begins again", { rtpTimestamp: 0 }],
  ])("are copies over %s", (_, place) => {
    feed.bring(hello, { rtpTimestamp: 1_000_000 });
    vi.advanceTimersByTime(100);
    feed.bring(hello, place);
    expect(received).toHaveLength(1);
    vi.advanceTimersByTime(2000);
    feed.bring(hello, { ...place, rtpTimestamp: place.rtpTimestamp + 2 * second });
    expect(received).toHaveLength(2);
  });
});

describe("late", () => {
  it("says which message came behind the order and was not delivered, at most ten times a second", () => {
    start({ order: "sequence" });
    const late: Late[] = [];
    subscriber.on("late", (event) => late.push(event));
    const sender = new Sender();
    const missing = Array.from({ length: 20 }, (_, index) => sender.numbered(index, index, "chat"));
    bring(sender.numbered("first", 20, "chat"));
    for (const parts of missing) bring(parts);
    expect(values()).toEqual(["first"]);
    expect(late).toHaveLength(10);
    expect(late[0]).toMatchObject({ source: 1, topic: "chat", sequence: 0, feed: "manual" });
    expect(subscriber.stats().late).toBe(20);
  });
});
