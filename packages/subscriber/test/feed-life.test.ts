import { useFakeClock } from "@inband/rig/fake-clock";
import { ManualFeed, userData } from "@inband/rig/manual-feed";
import { nextId, Sender } from "@inband/rig/sender";
import { type Ended, type Resumed, SeiSubscriber, type Stalled } from "@inband/subscriber";
import { decodeEnvelope, EnvelopeFlag, encodeEnvelope } from "@inband/wire";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

let subscriber: SeiSubscriber;
let feed: ManualFeed;
let told: unknown[];

useFakeClock();

beforeEach(() => {
  told = [];
  begin(new SeiSubscriber());
});

afterEach(() => {
  subscriber.close();
});

function begin(made: SeiSubscriber, attached: ManualFeed = new ManualFeed("camera")): void {
  subscriber?.close();
  subscriber = made;
  feed = attached;
  const attachment = subscriber.attach(feed);
  const tell = (event: string) => (argument: Stalled | Ended | Resumed) => {
    expect(argument).toMatchObject({ feed: feed.name, attachment });
    const { source, reason } = { source: undefined, reason: undefined, ...argument };
    told.push([event, source, reason].filter((word) => word !== undefined).join(" "));
  };
  subscriber.on("stalled", tell("stalled")).on("ended", tell("ended")).on("resumed", tell("resumed"));
}

/** 30 access units a second, or as many as said. */
function play(ms: number, everyMs = 33): void {
  for (let at = 0; at < ms; at += everyMs) {
    feed.sink?.accessUnits(1);
    vi.advanceTimersByTime(everyMs);
  }
}

function bring(sender: Sender, flags = 0, topics: readonly unknown[] = []): void {
  const { uuid, payload } = sender.heartbeat(...topics);
  const envelope = decodeEnvelope(payload);
  feed.bring({ uuid, payload: encodeEnvelope({ ...envelope, flags: envelope.flags | flags }).payload });
}

describe("video that ceases", () => {
  it("is told within 3 s, once, and so is video that goes on", () => {
    play(1000);
    vi.advanceTimersByTime(1900);
    expect(told).toEqual([]);
    vi.advanceTimersByTime(600);
    expect(told).toEqual(["stalled silent"]);
    vi.advanceTimersByTime(60_000);
    expect(told).toHaveLength(1);
    play(10_000);
    expect(told).toEqual(["stalled silent", "resumed"]);
    vi.advanceTimersByTime(3000);
    expect(told).toEqual(["stalled silent", "resumed", "stalled silent"]);
  });

  it("is nothing while no access unit has ever come, nor when one comes each second", () => {
    vi.advanceTimersByTime(10_000);
    play(30_000, 1000);
    expect(told).toEqual([]);
  });

  it("is told after `stalledAfterMs`, or never", () => {
    begin(new SeiSubscriber({ stalledAfterMs: 8000 }));
    play(1000);
    vi.advanceTimersByTime(7900);
    expect(told).toEqual([]);
    vi.advanceTimersByTime(2100);
    expect(told).toEqual(["stalled silent"]);
    told = [];
    begin(new SeiSubscriber({ stalledAfterMs: Number.POSITIVE_INFINITY }));
    play(1000);
    vi.advanceTimersByTime(3_600_000);
    expect(told).toEqual([]);
    expect(() => new SeiSubscriber({ stalledAfterMs: 0 })).toThrow(/^stalledAfterMs: expected 100 to/);
  });

  it("is not told by a page that stood still itself, however long, while packets waited for it", () => {
    play(1000);
    // One timer that is late by a minute, and then what had waited.
    vi.setSystemTime(Date.now() + 60_000);
    vi.advanceTimersByTime(500);
    play(1000);
    expect(told).toEqual([]);
  });

  it("is not told of a feed whose access units come in bursts", () => {
    begin(new SeiSubscriber(), Object.assign(new ManualFeed("segments"), { isLive: false }));
    feed.sink?.accessUnits(180);
    vi.advanceTimersByTime(60_000);
    expect(told).toEqual([]);
    feed.sink?.ended("end-of-media");
    expect(told).toEqual(["ended end-of-media"]);
  });

  it("is no more told once the feed is detached", () => {
    play(1000);
    feed.sink?.stalled("disconnected");
    subscriber.close();
    feed.sink?.ended("bye");
    play(1000);
    vi.advanceTimersByTime(10_000);
    expect(told).toEqual(["stalled disconnected"]);
  });
});

describe("a feed without video", () => {
  it("has stalled when heartbeats stop, and goes on with the next one", () => {
    const sender = new Sender();
    for (let second = 0; second < 20; second += 1) {
      bring(sender);
      vi.advanceTimersByTime(1000);
    }
    expect(told).toEqual([]);
    vi.advanceTimersByTime(1500);
    expect(told).toEqual(["stalled silent"]);
    bring(sender);
    expect(told).toEqual(["stalled silent", "resumed"]);
  });

  it("that brings messages alone says nothing when none come", () => {
    for (const part of userData("hello", { id: nextId(), source: 1, sequence: 0 })) feed.bring(part);
    vi.advanceTimersByTime(60_000);
    expect(told).toEqual([]);
  });
});

describe("what a feed says of its source", () => {
  it("is told once, and it goes on with access units that come after those that were on their way", () => {
    play(1000);
    feed.sink?.ended("bye");
    feed.sink?.ended("connection-closed");
    play(400);
    expect(told).toEqual(["ended bye"]);
    vi.advanceTimersByTime(10_000);
    expect(told).toHaveLength(1);
    play(1000);
    expect(told).toEqual(["ended bye", "resumed"]);
    vi.advanceTimersByTime(3000);
    expect(told).toEqual(["ended bye", "resumed", "stalled silent"]);
    feed.sink?.ended("connection-closed");
    expect(told.at(-1)).toBe("ended connection-closed");
  });

  it("is told of a connection that never came about", () => {
    feed.sink?.stalled("disconnected");
    feed.sink?.ended("connection-closed");
    expect(told).toEqual(["ended connection-closed"]);
  });
});

describe("the last heartbeat of a publisher", () => {
  it("is told once, however often it comes and whatever comes behind it, and is no stripping", () => {
    const sender = new Sender(7);
    const strips: unknown[] = [];
    subscriber.on("stripped", (stripped) => strips.push(stripped));
    for (let second = 0; second < 3; second += 1) {
      bring(sender);
      play(1000);
    }
    const late = sender.heartbeat();
    for (let copy = 0; copy < 3; copy += 1) bring(Object.assign(new Sender(7), sender), EnvelopeFlag.Last);
    bring(sender, EnvelopeFlag.Last);
    feed.bring(late);
    for (const part of sender.message("late")) feed.bring(part);
    play(30_000);
    expect(told).toEqual(["ended 7 publisher-closed"]);
    expect(strips).toEqual([]);
    expect(subscriber.stats()).toMatchObject({ messages: 1, errors: 0 });
  });

  it("is taken back by a later one that is not the last", () => {
    const sender = new Sender(7);
    bring(sender, EnvelopeFlag.Last);
    bring(sender);
    bring(sender, EnvelopeFlag.Last);
    expect(told).toEqual(["ended 7 publisher-closed", "resumed 7", "ended 7 publisher-closed"]);
  });

  it("leaves a place for another publisher, whose first sign says that the source is back", () => {
    const [old, other, third] = [new Sender(7), new Sender(8), new Sender(9)];
    bring(old);
    bring(other);
    bring(old, EnvelopeFlag.Last);
    bring(other);
    expect(told).toEqual(["ended 7 publisher-closed"]);
    for (const part of third.message("hello again")) feed.bring(part);
    bring(new Sender(10));
    expect(told).toEqual(["ended 7 publisher-closed", "resumed 9"]);
  });

  it("of one feed says nothing of another one", () => {
    const other = new ManualFeed("other");
    subscriber.attach(other);
    bring(new Sender(7), EnvelopeFlag.Last);
    expect(told).toEqual(["ended 7 publisher-closed"]);
  });
});

describe("a feed of a group whose feed before has ended", () => {
  /** A new connection to the same publisher. */
  function reconnect(): void {
    feed = new ManualFeed("camera");
    subscriber.attach(feed, { group: "alice" });
  }

  beforeEach(() => {
    told = [];
    subscriber.close();
    subscriber = new SeiSubscriber();
    subscriber.on("stalled", ({ reason }) => told.push(`stalled ${reason}`));
    subscriber.on("ended", ({ reason }) => told.push(`ended ${reason}`));
    subscriber.on("resumed", ({ source }) => told.push(`resumed ${source}`));
    reconnect();
    play(1000);
  });

  it("says that it is back, once access units come", () => {
    feed.sink?.ended?.("connection-closed");
    reconnect();
    expect(told).toEqual(["ended connection-closed"]);
    play(1000);
    expect(told).toEqual(["ended connection-closed", "resumed undefined"]);
    play(1000);
    reconnect();
    play(1000);
    expect(told).toEqual(["ended connection-closed", "resumed undefined"]);
  });

  it("does not end once more where nothing came of it", () => {
    feed.sink?.ended?.("connection-closed");
    for (let attempt = 0; attempt < 3; attempt += 1) {
      reconnect();
      feed.sink?.ended?.("connection-closed");
    }
    expect(told).toEqual(["ended connection-closed"]);
  });

  it("is back, too, where the one before had stalled", () => {
    vi.advanceTimersByTime(3000);
    reconnect();
    play(1000);
    expect(told).toEqual(["stalled silent", "resumed undefined"]);
  });

  it("has not come back where a publisher alone had left", () => {
    const sender = new Sender(7);
    bring(sender, EnvelopeFlag.Last);
    reconnect();
    play(1000);
    expect(told).toEqual(["ended publisher-closed"]);
  });
});
