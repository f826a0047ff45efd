import { useFakeClock } from "@inband/rig/fake-clock";
import type { ManualFeed } from "@inband/rig/manual-feed";
import { Sender } from "@inband/rig/sender";
import { testSubscriber } from "@inband/rig/test-subscriber";
import { type Gap, type ReceivedMessage, SeiSubscriber, type SeiSubscriberOptions } from "@inband/subscriber";
import fc from "fast-check";
import { beforeEach, expect, it, vi } from "vitest";

let subscriber: SeiSubscriber;
let feed: ManualFeed;
let sender: Sender;
let log: string[];
let received: ReceivedMessage[];

useFakeClock();

beforeEach(() => start());

function start(options: SeiSubscriberOptions = {}): void {
  ({ subscriber, feed, received } = testSubscriber({ order: "sequence", ...options }));
  sender = new Sender();
  log = [];
  subscriber.on("message", ({ value }) => log.push(`${value}`));
  subscriber.on("gap", ({ sequence, missing }: Gap) => log.push(`gap ${sequence}+${missing}`));
}

const bring = (sequence: number, topic?: string, source = sender) => {
  for (const part of source.numbered(sequence, sequence, topic)) feed.bring(part);
};

it("delivers by number what comes in another order", () => {
  for (const sequence of [5, 7, 8, 6, 10, 9]) bring(sequence);
  expect(log).toEqual(["5", "6", "7", "8", "9", "10"]);
});

it("waits 400 ms for a missing message, then says so and goes on", () => {
  for (const sequence of [0, 2, 3]) bring(sequence);
  vi.advanceTimersByTime(399);
  expect(log).toEqual(["0"]);
  vi.advanceTimersByTime(1);
  expect(log).toEqual(["0", "gap 1+1", "2", "3"]);
  bring(1);
  vi.advanceTimersByTime(60_000);
  expect(log).toEqual(["0", "gap 1+1", "2", "3"]);
  expect(subscriber.stats()).toMatchObject({ late: 1, missing: 1 });
});

it("keeps no message longer than that, even behind one that came later", () => {
  bring(0);
  bring(5);
  vi.advanceTimersByTime(300);
  bring(3);
  vi.advanceTimersByTime(100);
  expect(log).toEqual(["0", "gap 1+2", "3", "gap 4+1", "5"]);
});

it("takes as long as it is told", () => {
  start({ order: "sequence", orderTimeoutMs: 50 });
  bring(0);
  bring(2);
  vi.advanceTimersByTime(50);
  expect(log).toEqual(["0", "gap 1+1", "2"]);
  expect(() => new SeiSubscriber({ orderTimeoutMs: -1 })).toThrow("orderTimeoutMs");
  expect(() => new SeiSubscriber({ order: "random" as never })).toThrow("order");
});

it("does not wait for what is withdrawn", () => {
  bring(0);
  bring(2);
  feed.bring(sender.heartbeat([null, 2, [1]]));
  expect(log).toEqual(["0", "2"]);
});

it("delivers one message of a number that a broken or hostile source uses twice", () => {
  for (const sequence of [0, 2, 2, 0, 1, 1]) bring(sequence);
  expect(log).toEqual(["0", "1", "2"]);
  expect(subscriber.stats().late).toBe(3);
});

it("does not hold up other topics and sources", () => {
  bring(0, "a");
  bring(2, "a");
  bring(0, "b");
  bring(0, "a", new Sender(2));
  expect(log).toEqual(["0", "0", "0"]);
  vi.advanceTimersByTime(400);
  expect(log).toEqual(["0", "0", "0", "gap 1+1", "2"]);
});

it("does not wait for the number of a message that is broken", () => {
  bring(0);
  bring(2);
  const [broken] = sender.numbered(1, 1);
  if (broken === undefined) throw new Error("no message");
  // A map of one whose key, __proto__, no reader takes.
  const text = Array.from("__proto__", (c) => c.charCodeAt(0));
  feed.bring({ ...broken, payload: Uint8Array.from([...broken.payload.slice(0, -1), 0x81, 0xa9, ...text, 1]) });
  expect(log).toEqual(["0", "2"]);
  expect(subscriber.stats().errors).toBe(1);
});

it("never delivers a smaller number after a larger one, and everything once, whatever the order and the pauses", () => {
  const step = fc.oneof(fc.nat(30), fc.nat(5), fc.constantFrom(-100, -450));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), fc.constantFrom(0, 0xffff_fff0), (steps, base) => {
      start();
      const parts = Array.from({ length: 31 }, (_, index) => sender.numbered(index, (base + index) >>> 0));
      const brought = new Set<number>();
      for (const each of steps) {
        if (each < 0) vi.advanceTimersByTime(-each);
        else {
          brought.add(each);
          for (const part of parts[each] ?? []) feed.bring(part);
        }
      }
      vi.advanceTimersByTime(10_000);
      const values = received.map(({ value }) => value as number);
      expect(values).toEqual([...new Set(values)].sort((a, b) => a - b));
      expect(values.length + subscriber.stats().late).toBe(brought.size);
      expect(subscriber.stats().errors).toBe(0);
    }),
    { numRuns: 200 },
  );
});

it("holds a bounded number of messages and bytes: beyond them it goes on without what is missing", () => {
  bring(0);
  for (let index = 0; index < 3000; index += 1) bring(2 + index);
  expect(received.length).toBe(1 + 3000);
  start();
  bring(0);
  for (let index = 0; index < 100; index += 1) {
    for (const part of sender.numbered(new Uint8Array(30_000), 2 + 2 * index)) feed.bring(part);
  }
  expect(received.length).toBeGreaterThan(60);
});

it("remembers a bounded number of series, and gives out what a forgotten one holds", () => {
  bring(0, "first");
  bring(2, "first");
  for (let index = 0; index < 1100; index += 1) bring(0, `${index}`);
  expect(received.filter(({ topic }) => topic === "first").map(({ sequence }) => sequence)).toEqual([0, 2]);
});

it("lets go of what it holds when it is closed", () => {
  bring(0);
  bring(2);
  subscriber.close();
  vi.advanceTimersByTime(10_000);
  expect(log).toEqual(["0"]);
});
