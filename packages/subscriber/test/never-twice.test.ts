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
