import { useFakeClock } from "@inband/rig/fake-clock";
import { ManualFeed } from "@inband/rig/manual-feed";
import { Sender } from "@inband/rig/sender";
import { testSubscriber } from "@inband/rig/test-subscriber";
import type { Gap, SeiSubscriber, Stripped } from "@inband/subscriber";
import { EnvelopeFlag } from "@inband/wire";
import { beforeEach, describe, expect, it, vi } from "vitest";

let subscriber: SeiSubscriber;
let feed: ManualFeed;
let sender: Sender;
let gaps: Gap[];
let errors: Error[];
let values: unknown[];

useFakeClock();

beforeEach(() => {
  ({ subscriber, feed, errors, gaps } = testSubscriber());
  sender = new Sender();
  values = [];
  subscriber.on("message", ({ value }) => values.push(value));
});

const bring = (...messages: ReturnType<Sender["message"]>[]) => {
  for (const part of messages.flat()) feed.bring(part);
};

describe("a heartbeat", () => {
  it("closes the gap at the end of a topic", () => {
    bring(sender.message(0, "chat"));
    feed.bring(sender.heartbeat(["chat", 2, []]));
    vi.advanceTimersByTime(5999);
    expect(gaps).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(gaps).toEqual([{ feed: "manual", source: 1, topic: "chat", sequence: 1, missing: 2 }]);
    feed.bring(sender.heartbeat(["chat", 2, []]));
    vi.advanceTimersByTime(60_000);
    expect(gaps).toHaveLength(1);
    expect(subscriber.stats()).toMatchObject({ missing: 2, messages: 1, errors: 0 });
  });

  it("tells of a topic of which nothing ever came, one without a name too", () => {
    feed.bring(sender.heartbeat());
    feed.bring(sender.heartbeat(["chat", 0, [], 0, 1, 0], [null, 2, [], 0, 1, 0]));
    vi.advanceTimersByTime(6000);
    expect(gaps).toEqual([
      { feed: "manual", source: 1, topic: "chat", sequence: 0, missing: 1 },
      { feed: "manual", source: 1, topic: undefined, sequence: 0, missing: 3 },
    ]);
  });

  it("sent before a topic began makes its first number known, whatever comes of it first", () => {
    feed.bring(sender.heartbeat(["old", 7, []]));
    bring(sender.numbered("x", 2, "new"));
    bring(sender.numbered("y", 9, "newer"));
    vi.advanceTimersByTime(50_000);
    expect(gaps).toEqual([]);
    bring(sender.numbered("late", 8, "newer"));
    feed.bring(sender.heartbeat(["new", 2, [], 0, 1, 0], ["newer", 9, [], 0, 1, 7]));
    vi.advanceTimersByTime(6000);
    expect(gaps).toEqual([
      { feed: "manual", source: 1, topic: "new", sequence: 0, missing: 2 },
      { feed: "manual", source: 1, topic: "newer", sequence: 7, missing: 1 },
    ]);
    feed.bring(sender.heartbeat(["new", 2, [], 0, 1, 0], ["newer", 9, [], 0, 1, 7]));
    vi.advanceTimersByTime(60_000);
    expect(gaps).toHaveLength(2);
  });

  it("says nothing about what was published before the subscriber came, nor does one that was written before", () => {
    feed.bring(sender.heartbeat(["chat", 1000, [998], 1, 0, 0]));
    vi.advanceTimersByTime(60_000);
    bring(sender.numbered("x", 1004, "chat"));
    vi.advanceTimersByTime(60_000);
    expect(gaps).toEqual([]);
    bring(sender.numbered("x", 1006, "chat"));
    vi.advanceTimersByTime(6000);
    expect(gaps).toEqual([{ feed: "manual", source: 1, topic: "chat", sequence: 1005, missing: 1 }]);
  });

  it("is the second that came: what is published after it was meant to come", () => {
    feed.bring(sender.heartbeat(["chat", 10, [], 0, 0, 0]));
    feed.bring(sender.heartbeat(["chat", 12, [], 1, 0, 0]));
    feed.bring(sender.heartbeat(["chat", 15, [14], 0, 0, 0]));
    vi.advanceTimersByTime(6000);
    expect(gaps).toEqual([{ feed: "manual", source: 1, topic: "chat", sequence: 15, missing: 1 }]);
  });

  it("leaves it open what was published around a retained message, until the second one", () => {
    bring(sender.numbered("old", 5, "clock", EnvelopeFlag.Retained));
    feed.bring(sender.heartbeat(["clock", 7, [], 0, 0, 0]));
    vi.advanceTimersByTime(60_000);
    expect(gaps).toEqual([]);
    feed.bring(sender.heartbeat(["clock", 8, [], 0, 0, 0]));
    feed.bring(sender.heartbeat(["clock", 9, [], 0, 0, 0]));
    vi.advanceTimersByTime(6000);
    expect(gaps).toEqual([{ feed: "manual", source: 1, topic: "clock", sequence: 9, missing: 1 }]);
  });

  it("counts a retained message that came as come, for one who was there from the beginning", () => {
    feed.bring(sender.heartbeat());
    bring(sender.numbered("new", 2, "clock", EnvelopeFlag.Retained));
    feed.bring(sender.heartbeat(["clock", 3, [1], 0, 1, 0]));
    vi.advanceTimersByTime(6000);
    expect(gaps).toEqual([
      { feed: "manual", source: 1, topic: "clock", sequence: 0, missing: 1 },
      { feed: "manual", source: 1, topic: "clock", sequence: 3, missing: 1 },
    ]);
  });

  it("that comes behind a later one still says that the receiver was there", () => {
    const early = sender.heartbeat();
    bring(sender.numbered("x", 1, "chat"));
    const late = sender.heartbeat(["chat", 1, [], 0, 1, 0]);
    feed.bring(late);
    feed.bring(early);
    feed.bring(sender.heartbeat(["other", 0, [], 0, 1, 0]));
    vi.advanceTimersByTime(6000);
    expect(gaps).toEqual([{ feed: "manual", source: 1, topic: "other", sequence: 0, missing: 1 }]);
  });

  it("takes withdrawn messages out: they are no gap", () => {
    bring(sender.message(0));
    feed.bring(sender.heartbeat([null, 5, [1, 3, 4]]));
    bring(sender.numbered(5, 5));
    vi.advanceTimersByTime(6000);
    expect(gaps).toEqual([{ feed: "manual", source: 1, topic: undefined, sequence: 2, missing: 1 }]);
  });

  it("withdraws what is missing already", () => {
    bring(sender.message(0), sender.numbered(2, 2));
    feed.bring(sender.heartbeat([null, 2, [1]]));
    vi.advanceTimersByTime(60_000);
    expect(gaps).toEqual([]);
  });

  it("that comes late changes nothing", () => {
    bring(sender.message(0), sender.message(1), sender.message(2));
    feed.bring(sender.heartbeat([null, 0, []]));
    vi.advanceTimersByTime(60_000);
    expect(gaps).toEqual([]);
  });

  it("is of its own source and group of feeds", () => {
    const other = new ManualFeed("other");
    subscriber.attach(other, { group: "recording" });
    bring(sender.message(0));
    feed.bring(new Sender(2).heartbeat([null, 5, []]));
    other.bring(sender.heartbeat([null, 5, []]));
    vi.advanceTimersByTime(60_000);
    expect(gaps).toEqual([]);
  });

  it("is the first of a source that came while the video was flowing: all that it published was meant to come", () => {
    for (let second = 0; second < 11; second += 1) {
      feed.sink?.accessUnits(30);
      vi.advanceTimersByTime(1000);
    }
    feed.bring(sender.heartbeat(["chat", 1, [], 0, 0, 0]));
    const old = new Sender(2);
    for (let count = 0; count < 3; count += 1) old.heartbeat();
    feed.bring(old.heartbeat(["chat", 1, [], 0, 3, 0]));
    vi.advanceTimersByTime(6000);
    expect(gaps).toEqual([{ feed: "manual", source: 1, topic: "chat", sequence: 0, missing: 2 }]);
  });

  it("that is broken is an error and nothing else", () => {
    for (const topics of [[["chat", -1, []]], [["chat", 1]], [[1, 1, []]], [["chat", 1, ["x"]]]]) {
      feed.bring(sender.heartbeat(...topics));
    }
    feed.bring(sender.heartbeat(...Array.from({ length: 65 }, (_, index) => [`${index}`, 0, []])));
    expect(errors).toHaveLength(5);
    for (const error of errors) expect(error).toMatchObject({ name: "WireError", code: "bad-envelope" });
    expect(values).toEqual([]);
  });

  it("of many sources and topics takes bounded memory, and forgetting makes no gaps", () => {
    for (let index = 0; index < 3000; index += 1) {
      const last = 5 + Math.floor(index / 100);
      const topics = Array.from({ length: 60 }, (_, topic) => [`${topic}`, last, [], 0, 1, 0]);
      feed.bring(new Sender(index % 100).heartbeat(...topics));
      if (index % 100 === 99) vi.advanceTimersByTime(10);
    }
    vi.advanceTimersByTime(6000);
    // 100 sources of 60 topics are more than are watched: every one is forgotten before it comes again.
    expect(gaps).toEqual([]);
    expect(errors).toEqual([]);
  });
});

describe("stripped", () => {
  let stripped: Stripped[];
  beforeEach(() => {
    stripped = [];
    subscriber.on("stripped", (event) => stripped.push(event));
  });

  /** Access units of a feed, 30 a second. */
  const flow = (seconds: number, each: (second: number) => void = () => {}, of = [feed]) => {
    for (let second = 0; second < seconds; second += 1) {
      vi.advanceTimersByTime(1000);
      each(second);
      for (const { sink } of of) sink?.accessUnits(30);
    }
  };
  const beat = () => feed.bring(sender.heartbeat());

  it("is said once when heartbeats stop although access units flow, and again after they came back", () => {
    flow(4, beat);
    flow(9);
    expect(stripped).toEqual([]);
    flow(20);
    expect(stripped).toEqual([{ feed: "manual", source: 1, reason: "heartbeats-stopped" }]);
    flow(2, beat);
    flow(20);
    expect(stripped).toHaveLength(2);
  });

  it("is not said when the video stands still too", () => {
    flow(4, beat);
    vi.advanceTimersByTime(60_000);
    feed.sink?.accessUnits(1);
    expect(stripped).toEqual([]);
  });

  it("is not said while messages come, nor of a source without heartbeats", () => {
    flow(4, beat);
    flow(30, () => bring(sender.message(1)));
    const silent = new Sender(2);
    bring(silent.message(1), silent.message(2));
    flow(9);
    expect(stripped).toEqual([]);
    flow(30);
    expect(stripped.map(({ source }) => source)).toEqual([1]);
  });

  it("is said of a feed when another one of its group brings what it should", () => {
    const first = new ManualFeed("first");
    const second = new ManualFeed("second");
    for (const each of [first, second]) subscriber.attach(each, { group: "camera" });
    const lonely = new Sender(7);
    flow(12, () => first.bring(lonely.message(1)[0] as never), [first, second]);
    expect(stripped).toEqual([{ feed: "second", source: 7, reason: "other-feed" }]);
  });

  it("is not said of feeds of other groups, which never had the source", () => {
    const other = new ManualFeed("other");
    const stranger = new ManualFeed("stranger");
    subscriber.attach(other);
    subscriber.attach(stranger, { group: "stranger" });
    bring(sender.message(0));
    flow(20, () => other.bring(sender.message(1)[0] as never), [feed, other, stranger]);
    expect(stripped).toEqual([]);
  });

  it("remembers a bounded number of sources", () => {
    for (let source = 0; source < 1000; source += 1) {
      const each = new Sender(source);
      feed.bring(each.heartbeat());
      feed.bring(each.heartbeat());
    }
    flow(20);
    expect(stripped).toHaveLength(256);
  });
});
