import { useFakeClock } from "@inband/rig/fake-clock";
import { ManualFeed, userData } from "@inband/rig/manual-feed";
import { nextId, Sender } from "@inband/rig/sender";
import { testSubscriber } from "@inband/rig/test-subscriber";
import type { UserData } from "@inband/stream";
import type { Gap, ReceivedMessage, SeiSubscriber, SeiSubscriberOptions } from "@inband/subscriber";
import { createMessageId, encodeEnvelope, inband } from "@inband/wire";
import { beforeEach, describe, expect, it, vi } from "vitest";

let subscriber: SeiSubscriber;
let alice: ManualFeed;
let bob: ManualFeed;
let received: ReceivedMessage[];
let gaps: Gap[];
let errors: Error[];

useFakeClock();

beforeEach(() => start());

/** A room with the default options: two feeds, attached without a group. */
function start(options: SeiSubscriberOptions = {}): void {
  ({ subscriber, feed: alice, received, gaps, errors } = testSubscriber(options, "alice"));
  bob = new ManualFeed("bob");
  subscriber.attach(bob);
}

const bring = (parts: readonly UserData[], to = alice) => to.bringAll(parts);
const of = (feed: string) => received.filter((message) => message.feed === feed).map(({ value }) => value);
const fragment = (id: string, change: object): UserData => ({
  uuid: inband().uuid,
  payload: encodeEnvelope({
    ...{ id, source: 7, sequence: 0, topic: undefined, flags: 0, age: 0, index: 0, count: 2 },
    body: Uint8Array.of(1),
    ...change,
  }).payload,
});

describe.each(["arrival", "sequence"] as const)("another feed, by the order of %s,", (order) => {
  beforeEach(() => start({ order }));

  it("cannot deliver in one's name what one says later", () => {
    const header = { id: nextId(), source: 7, sequence: 0, topic: "chat" };
    bring(userData("forged", header), bob);
    bring(userData("said", header));
    expect(of("alice")).toEqual(["said"]);
  });

  it("cannot number one's messages by a far envelope or heartbeat, nor hide what one loses", () => {
    const sender = new Sender(7);
    const forger = new Sender(7);
    for (let sequence = 0; sequence < 5; sequence += 1) bring(sender.message(sequence, "chat"));
    bring(forger.numbered("forged", 0x7fff_fff0, "chat"), bob);
    for (const last of [0x7fff_fff0, 0x7fff_fff5]) bob.bring(forger.heartbeat(["chat", last, [], 0, 0, 0]));
    bring(sender.numbered(7, 7, "chat"));
    vi.advanceTimersByTime(10_000);
    expect(of("alice")).toEqual([0, 1, 2, 3, 4, 7]);
    expect(gaps.filter(({ feed }) => feed === "alice")).toEqual([
      { feed: "alice", source: 7, topic: "chat", sequence: 5, missing: 2 },
    ]);
    for (const { missing } of gaps) expect(missing).toBeLessThan(10);
    expect(subscriber.stats()).toMatchObject({ late: 0 });
  });

  it("cannot spoil one's fragments by its own, nor by another count", () => {
    const large = new Uint8Array(3000).fill(3);
    const id = nextId();
    const parts = userData(large, { id, source: 7, sequence: 0 });
    for (const [index, part] of parts.entries()) {
      bob.bring(fragment(id, { count: 256 }));
      bob.bring(fragment(id, { index, count: parts.length }));
      alice.bring(part);
    }
    expect(of("alice")).toEqual([large]);
    expect(
      errors.map(({ message }) => message).filter((text) => !/^count: expected \d+ fragments, got \d+$/.test(text)),
    ).toEqual([]);
  });

  it("cannot push out one's losses, fragments or errors by a flood of its own", () => {
    const sender = new Sender(7);
    const large = new Uint8Array(3000).fill(3);
    bring(sender.message(0, "chat"));
    const [first, ...rest] = sender.message(large, "large");
    if (first !== undefined) alice.bring(first);
    for (let index = 0; index < 1100; index += 1) bring(new Sender(9).message(index, `${index}`), bob);
    for (let index = 0; index < 1100; index += 1) bob.bring(fragment(createMessageId(), { count: 256 }));
    for (let index = 0; index < 1000; index += 1) bob.bring({ uuid: inband().uuid, payload: Uint8Array.of(0xc1, 9) });
    bring(rest);
    bring(sender.numbered(5, 5, "chat"));
    alice.bring({ uuid: inband().uuid, payload: Uint8Array.of(0xc1, 1, 0x90) });
    vi.advanceTimersByTime(10_000);
    expect(of("alice")).toEqual([0, large, 5]);
    expect(gaps).toContainEqual({ feed: "alice", source: 7, topic: "chat", sequence: 1, missing: 4 });
    expect(errors.some(({ message }) => message.includes("array of 0 fields"))).toBe(true);
  });

  it("cannot keep an error of the application's listener from being told", () => {
    for (let index = 0; index < 1000; index += 1) bob.bring({ uuid: inband().uuid, payload: Uint8Array.of(0xc1, 9) });
    subscriber.on("message", () => {
      throw new Error("of a listener");
    });
    bring(new Sender(7).message("x"));
    expect(errors.map(({ message }) => message)).toContain("of a listener");
  });
});

describe("a jump of message numbers", () => {
  it.each([
    ["forwards", 5, 0x7fff_0000],
    ["forwards by more than half of the numbers", 5, 0xf000_0000],
    ["back to the beginning", 1_000_000, 0],
    ["by a little more than a stream can lose", 5, 3010],
  ])("%s begins a new series: nothing is a gap, and all is delivered in either order", (_, from, to) => {
    for (const order of ["arrival", "sequence"] as const) {
      start({ order });
      const sender = new Sender(7);
      const sequences = [0, 1, 2].map((step) => from + step).concat([0, 1, 2, 5].map((step) => to + step));
      for (const sequence of sequences) bring(sender.numbered(sequence, sequence, "chat"));
      vi.advanceTimersByTime(10_000);
      expect(of("alice")).toEqual(sequences);
      expect(gaps).toEqual([{ feed: "alice", source: 7, topic: "chat", sequence: to + 3, missing: 2 }]);
    }
  });

  it("of one message alone is not believed: what follows goes on where it was", () => {
    for (const order of ["arrival", "sequence"] as const) {
      start({ order });
      const sender = new Sender(7);
      for (const sequence of [0, 0x7fff_fff0, 1, 2, 4, 5]) bring(sender.numbered(sequence, sequence, "chat"));
      vi.advanceTimersByTime(10_000);
      expect(of("alice")).toEqual([0, 0x7fff_fff0, 1, 2, 4, 5]);
      expect(gaps).toEqual([{ feed: "alice", source: 7, topic: "chat", sequence: 3, missing: 1 }]);
    }
  });

  it("that heartbeats say is no gap either, and the next loss is one again", () => {
    const sender = new Sender(7);
    bring(sender.numbered(0, 0, "chat"));
    for (const last of [0, 0x7000_0000, 0x7000_0000]) alice.bring(sender.heartbeat(["chat", last, [], 0, 0, 0]));
    vi.advanceTimersByTime(10_000);
    expect(gaps).toEqual([]);
    alice.bring(sender.heartbeat(["chat", 0x7000_0002, [], 0, 0, 0]));
    vi.advanceTimersByTime(10_000);
    expect(gaps).toEqual([{ feed: "alice", source: 7, topic: "chat", sequence: 0x7000_0001, missing: 2 }]);
  });

  it("of no more than could be published in the silence before is a loss", () => {
    const sender = new Sender(7);
    bring(sender.numbered(0, 0, "chat"));
    vi.advanceTimersByTime(60_000);
    bring(sender.numbered(20_000, 20_000, "chat"));
    vi.advanceTimersByTime(10_000);
    expect(gaps).toEqual([{ feed: "alice", source: 7, topic: "chat", sequence: 1, missing: 19_999 }]);
  });
});

describe("gaps in a storm", () => {
  it("are at most ten events a second for each feed, joined, and every lost message is counted", () => {
    start({ gapTimeoutMs: 0 });
    const sender = new Sender(9);
    const lost = 40 * 60;
    for (let index = 0; index <= lost; index += 1) bring(sender.numbered(index, 2 * index, `${index % 40}`), bob);
    bring(new Sender(7).numbered(0, 0), alice);
    bring(new Sender(7).numbered(2, 2), alice);
    let seconds = 0;
    let told = 0;
    for (; seconds < 60; seconds += 1) {
      vi.advanceTimersByTime(1000);
      expect(gaps.filter(({ source }) => source === 9).length - told).toBeLessThanOrEqual(20);
      told = gaps.filter(({ source }) => source === 9).length;
    }
    const { missing } = subscriber.stats();
    expect(gaps.reduce((sum, gap) => sum + gap.missing, 0)).toBe(missing);
    expect(gaps.filter(({ source }) => source === 7)).toEqual([
      { feed: "alice", source: 7, topic: undefined, sequence: 1, missing: 1 },
    ]);
    expect(gaps.length).toBeLessThan(200);
  });

  it("are joined from the first number to the last, in whatever order they are found", () => {
    const sender = new Sender(9);
    alice.bring(sender.heartbeat());
    for (let topic = 0; topic < 10; topic += 1) {
      bring(sender.numbered(0, 0, `${topic}`));
      bring(sender.numbered(2, 2, `${topic}`));
    }
    bring(sender.numbered(3, 3, "chat"));
    bring(sender.numbered(5, 5, "chat"));
    vi.advanceTimersByTime(100);
    // Only now is it known that what came before the first message was meant for this receiver.
    alice.bring(sender.heartbeat(["chat", 5, [], 0, 1, 0]));
    vi.advanceTimersByTime(10_000);
    expect(gaps).toHaveLength(11);
    expect(gaps.at(-1)).toEqual({ feed: "alice", source: 9, topic: "chat", sequence: 0, missing: 4, last: 4 });
  });

  it("by heartbeats that announce and withdraw as much as they can are few too", () => {
    start({ gapTimeoutMs: 0 });
    const sender = new Sender(9);
    bob.bring(sender.heartbeat());
    for (let round = 1; round < 400; round += 1) {
      const topics = Array.from({ length: 64 }, (_, topic) => [
        `${topic}`,
        round * 66,
        Array.from({ length: 32 }, (_, index) => round * 66 - 65 + 2 * index),
      ]);
      bob.bring(sender.heartbeat(...topics));
      vi.advanceTimersByTime(1);
    }
    expect(gaps.length).toBeLessThanOrEqual(10);
    vi.advanceTimersByTime(60_000);
    expect(gaps.length).toBeLessThan(200);
    expect(gaps.reduce((sum, gap) => sum + gap.missing, 0)).toBe(subscriber.stats().missing);
  });
});

describe("fragments that are never followed by the rest", () => {
  const [first] = userData(new Uint8Array(3000), { id: nextId(), source: 1, sequence: 0 });

  it("are counted as incomplete when they are given up, although nothing else comes", () => {
    if (first !== undefined) alice.bring(first);
    expect(subscriber.stats().incomplete).toBe(0);
    vi.advanceTimersByTime(15_000);
    expect(subscriber.stats().incomplete).toBe(1);
  });

  it("are counted when the subscriber is closed, or their feed", () => {
    if (first !== undefined) {
      alice.bring(first);
      bob.bring(first);
    }
    subscriber.close();
    expect(subscriber.stats().incomplete).toBe(2);
  });
});
