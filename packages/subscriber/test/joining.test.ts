import { useFakeClock } from "@inband/rig/fake-clock";
import { ManualFeed, userData } from "@inband/rig/manual-feed";
import { nextId, Sender } from "@inband/rig/sender";
import { testSubscriber } from "@inband/rig/test-subscriber";
import type { Gap, ReceivedMessage, SeiSubscriber, SeiSubscriberOptions } from "@inband/subscriber";
import { EnvelopeFlag } from "@inband/wire";
import { beforeEach, describe, expect, it, vi } from "vitest";

const second = 90_000;

let subscriber: SeiSubscriber;
let feed: ManualFeed;
let received: ReceivedMessage[];
let gaps: Gap[];

useFakeClock();

beforeEach(() => start());

function start(options: SeiSubscriberOptions = {}): void {
  ({ subscriber, feed, received, gaps } = testSubscriber(options));
}

interface Brought {
  readonly topic?: string;
  /** RTP timestamp, or media time where `isMedia`, of the access unit that carries it; none for a data channel. */
  readonly at?: number | undefined;
  /** Ticks since the access unit that it speaks of. */
  readonly age?: number;
  readonly flags?: number;
  readonly stream?: string;
  readonly from?: ManualFeed;
  readonly value?: unknown;
}

function bring(sequence: number, options: Brought = {}): void {
  const { topic = "chat", at, age = 0, flags = 0, stream = "1", from = feed, value = sequence } = options;
  for (const message of userData(value, { id: nextId(), source: 1, sequence, topic, flags }, { age })) {
    from.sink?.userData(message, { stream, ...(at === undefined ? {} : { rtpTimestamp: at }) });
  }
}

const values = () => received.map(({ value }) => value);
const backlog = () => received.filter(({ isBacklog }) => isBacklog).map(({ value }) => value);

describe("one who joins late", () => {
  it("gets the backlog in order, told apart, and no gap for what was left out of it", () => {
    feed.sink?.accessUnits(1, { stream: "1", rtpTimestamp: 1000 });
    bring(5, { at: 1000, age: 2 * second });
    bring(7, { at: 1000, age: second });
    bring(9, { at: 1000 });
    bring(10, { at: 4000 });
    vi.advanceTimersByTime(60_000);
    expect(values()).toEqual([5, 7, 9, 10]);
    expect(backlog()).toEqual([5, 7]);
    expect(received.map((message) => message.toJSON().isBacklog)).toEqual([true, true, false, false]);
    expect(gaps).toEqual([]);
  });

  it("gets no backlog behind a newer message, be that backlog or live, and no gap for it", () => {
    bring(7, { at: 1000, age: second });
    bring(3, { at: 1000, topic: "other" });
    for (const sequence of [4, 5]) bring(sequence, { at: 1000 + 2 * second, age: 4 * second });
    bring(2, { at: 1000 + 2 * second, age: 3 * second, topic: "other" });
    bring(8, { at: 1000 + 2 * second });
    vi.advanceTimersByTime(60_000);
    expect(values()).toEqual([7, 3, 8]);
    expect(subscriber.stats()).toMatchObject({ late: 3, missing: 0, errors: 0 });
    expect(gaps).toEqual([]);
  });

  it("gets no large message of the backlog whose last fragment comes behind a newer message", () => {
    const header = { id: nextId(), source: 1, sequence: 3, topic: "chat", flags: 0 };
    const parts = userData("x".repeat(3000), header, { age: second });
    const place = { stream: "1", rtpTimestamp: second };
    for (const part of parts.slice(1)) feed.sink?.userData(part, place);
    bring(4, { at: second });
    for (const part of parts.slice(0, 1)) feed.sink?.userData(part, place);
    expect(values()).toEqual([4]);
  });

  it("gets what was published since in the order of arrival, as every receiver does", () => {
    feed.sink?.accessUnits(1, { stream: "1", rtpTimestamp: 0 });
    for (const [sequence, at] of [
      [8, 6000],
      [7, 3000],
    ] as const) {
      bring(sequence, { at });
    }
    expect(values()).toEqual([8, 7]);
    expect(backlog()).toEqual([]);
  });

  it("gets a copy on a later key frame of what was lost since", () => {
    bring(0, { at: 0 });
    bring(2, { at: 6000 });
    bring(1, { at: 2 * second, age: 2 * second - 3000 });
    vi.advanceTimersByTime(60_000);
    expect(values()).toEqual([0, 2, 1]);
    expect(backlog()).toEqual([]);
    expect(gaps).toEqual([]);
  });

  it("gets the retained message of a topic wherever it comes", () => {
    bring(7, { at: second });
    bring(2, { at: second + 3000, age: second * 3600, flags: EnvelopeFlag.Retained });
    expect(values()).toEqual([7, 2]);
    expect(backlog()).toEqual([2]);
  });

  it("gets the whole backlog in the order of sequence too", () => {
    start({ order: "sequence" });
    for (const [index, sequence] of [3, 4, 6, 7].entries()) bring(sequence, { at: second, age: second - index });
    bring(8, { at: second });
    expect(values()).toEqual([3, 4, 6, 7, 8]);
  });

  it("is told of a loss since, when a live message has come", () => {
    bring(5, { at: second, age: 3000 });
    bring(6, { at: second });
    bring(8, { at: second + 6000 });
    vi.advanceTimersByTime(60_000);
    expect(gaps).toMatchObject([{ topic: "chat", sequence: 7, missing: 1 }]);
  });

  it("gets through a second feed of the same messages what the first one lost, however early it was published", () => {
    subscriber.close();
    start();
    const [first, later] = [new ManualFeed(), new ManualFeed()];
    subscriber.attach(first, { group: "g" });
    bring(1, { at: 0, from: first });
    bring(3, { at: 6000, from: first });
    subscriber.attach(later, { group: "g" });
    bring(2, { at: 12_000, age: 9000, from: later });
    bring(0, { at: 12_000, age: 12_000, from: later });
    expect(values()).toEqual([1, 3, 2]);
    expect(backlog()).toEqual([2]);
  });
});

describe("a feed's first access unit", () => {
  it("divides messages over the wrap of the RTP timestamp, and hours later", () => {
    const wrap = 2 ** 32;
    bring(0, { at: wrap - 3000, age: 6000 });
    bring(1, { at: 3000, age: 3000 });
    for (let hours = 0, at = 3000; hours < 30; at += 5 * second) {
      hours += 5 / 3600;
      bring(2, { at: at % wrap, topic: `${hours}` });
    }
    bring(2, { at: 6000, age: 5 * second });
    expect(backlog()).toEqual([0]);
    expect(values().length).toBeGreaterThan(20_000);
  });

  it("is where the clock says after a jump of the timestamp, and for another stream", () => {
    bring(0, { at: 500_000_000 });
    vi.advanceTimersByTime(4000);
    bring(1, { at: 1000, age: 3 * second });
    bring(2, { at: 2000, age: 5 * second });
    vi.advanceTimersByTime(4000);
    bring(3, { at: 77, age: 7 * second, stream: "2" });
    bring(4, { at: 78, age: 9 * second, stream: "2" });
    expect(values()).toEqual([0, 1, 2, 3, 4]);
    expect(backlog()).toEqual([2, 4]);
  });

  it("counts by media time where there is no RTP", () => {
    const place = { stream: "1", timestamp: 60_000_000 };
    const bringAt = (sequence: number, age: number) => {
      const header = { id: nextId(), source: 1, sequence, topic: "chat" };
      for (const message of userData(sequence, header, { age })) feed.sink?.userData(message, place);
    };
    bringAt(1, second);
    bringAt(2, 0);
    bringAt(3, 2 ** 32 - second);
    expect(backlog()).toEqual([1]);
  });
});

describe("a feed without times, as of a data channel,", () => {
  it("tells no backlog, and refuses nothing: a channel is in order, and what another feed of the group outran is live", () => {
    bring(5);
    bring(4);
    vi.advanceTimersByTime(10_000);
    bring(3);
    expect(values()).toEqual([5, 4, 3]);
    expect(backlog()).toEqual([]);
    expect(gaps).toEqual([]);
  });

  it("brings what is missing since the receiver came", () => {
    const sender = new Sender();
    feed.bring(sender.heartbeat(), { stream: "1" });
    bring(5);
    bring(7);
    bring(6);
    expect(values()).toEqual([5, 7, 6]);
  });
});
