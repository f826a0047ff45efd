import { useFakeClock } from "@inband/rig/fake-clock";
import type { ManualFeed } from "@inband/rig/manual-feed";
import { Sender } from "@inband/rig/sender";
import { testSubscriber } from "@inband/rig/test-subscriber";
import type { Gap, ReceivedMessage, SeiSubscriber } from "@inband/subscriber";
import { beforeEach, expect, it, vi } from "vitest";

let subscriber: SeiSubscriber;
let feed: ManualFeed;
let sender: Sender;
let received: ReceivedMessage[];
let gaps: Gap[];

useFakeClock();

beforeEach(() => {
  ({ subscriber, feed, received, gaps } = testSubscriber());
  sender = new Sender();
});

const bring = (parts: ReturnType<Sender["message"]>) => {
  for (const part of parts) feed.bring(part);
};

it("delivers a retained message once however long it is sent again", () => {
  const state = sender.retained({ score: 1 }, "state");
  for (let minute = 0; minute < 120; minute += 1) {
    bring(state);
    vi.advanceTimersByTime(60_000);
  }
  expect(received.map(({ value, retained, copies }) => [value, retained, copies])).toEqual([[{ score: 1 }, true, 120]]);
  expect(subscriber.stats()).toMatchObject({ messages: 1, duplicates: 119 });
});

it("keeps it out of the window of ids, which thousands of other messages push on", () => {
  const state = sender.retained("state", "state");
  bring(state);
  for (let index = 0; index < 10_000; index += 1) bring(sender.message(index, "chat"));
  bring(state);
  expect(received.filter(({ topic }) => topic === "state")).toHaveLength(1);
});

it("delivers it in fragments once too", () => {
  const state = sender.retained(new Uint8Array(5000).fill(7), "state");
  expect(state.length).toBeGreaterThan(2);
  for (let round = 0; round < 5; round += 1) {
    bring(state);
    vi.advanceTimersByTime(120_000);
  }
  expect(received).toHaveLength(1);
  expect(subscriber.stats()).toMatchObject({ incomplete: 0, errors: 0 });
});

it("tells retained messages of sources and topics apart, and delivers what replaces one", () => {
  const other = new Sender(2);
  const all = [sender.retained(1, "a"), sender.retained(2, "b"), other.retained(3, "a"), sender.retained(4)];
  const next = sender.retained(5, "a");
  for (const parts of [...all, ...all]) bring(parts);
  bring(next);
  vi.advanceTimersByTime(90_000);
  for (const parts of [next, ...all.slice(1)]) bring(parts);
  expect(received.map(({ value }) => value)).toEqual([1, 2, 3, 4, 5]);
});

it("gives it to one who comes late, who misses nothing of what was before", () => {
  bring(sender.numbered("state", 3, "state", 1));
  bring(sender.numbered("state", 9, "state"));
  vi.advanceTimersByTime(60_000);
  expect(received.map(({ retained }) => retained)).toEqual([true, false]);
  expect(gaps).toEqual([]);
});

it("remembers a bounded number of topics", () => {
  const first = sender.retained(0, "first");
  bring(first);
  for (let index = 0; index < 5000; index += 1) bring(sender.retained(index, `topic ${index}`));
  vi.advanceTimersByTime(60_000);
  bring(sender.retained(0, "last"));
  bring(first);
  expect(received.filter(({ topic }) => topic === "first")).toHaveLength(2);
});
