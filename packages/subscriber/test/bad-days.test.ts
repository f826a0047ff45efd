import { useFakeClock } from "@inband/rig/fake-clock";
import { ManualFeed, userData } from "@inband/rig/manual-feed";
import { nextId, Sender } from "@inband/rig/sender";
import { testSubscriber } from "@inband/rig/test-subscriber";
import type { UserData } from "@inband/stream";
import type { Gap, ReceivedMessage, SeiSubscriber, SeiSubscriberOptions } from "@inband/subscriber";
import { encodeEnvelope, inband, ivs, type Profile } from "@inband/wire";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

let subscriber: SeiSubscriber;
let feed: ManualFeed;
let received: ReceivedMessage[];
let errors: Error[];
let gaps: Gap[];

useFakeClock();

beforeEach(() => start());

function start(options: SeiSubscriberOptions = {}): void {
  ({ subscriber, feed, received, errors, gaps } = testSubscriber(options));
}

const values = () => received.map(({ value }) => value);
const bringAll = (parts: readonly UserData[], to = feed) => to.bringAll(parts);

describe("several profiles at once", () => {
  const other: Profile = { ...inband(), name: "other", uuid: new Uint8Array(16).fill(7) };

  it("are told apart by their UUID, and what is in none of them is left alone", () => {
    start({ profiles: [inband(), ivs(), other] });
    const parts = [
      ...userData("inband", { id: nextId(), source: 1, sequence: 0 }),
      { uuid: ivs().uuid, payload: Uint8Array.of(1, 2) },
      ...userData("other", { id: nextId(), source: 1, sequence: 1 }, { profile: other }),
      { uuid: new Uint8Array(16).fill(9), payload: Uint8Array.of(0xc1, 1) },
    ];
    for (let copy = 0; copy < 3; copy += 1) bringAll(parts);
    expect(received.map(({ value, profile }) => [value, profile])).toEqual([
      ["inband", "inband"],
      [Uint8Array.of(1, 2), "ivs"],
      ["other", "other"],
    ]);
    expect(subscriber.stats()).toMatchObject({ foreign: 3, duplicates: 6, errors: 0 });
  });

  it("bring a message that was sent in two of them once, as it has one id", () => {
    start({ profiles: [inband(), other] });
    const header = { id: nextId(), source: 1, sequence: 0 };
    bringAll(userData("x", header));
    bringAll(userData("x", header, { profile: other }));
    expect(values()).toEqual(["x"]);
  });
});

describe("a participant who replays another's ids", () => {
  it("cannot keep the other's messages from coming when feeds have groups", () => {
    start();
    const [alice, mallory] = [new ManualFeed("alice"), new ManualFeed("mallory")];
    subscriber.attach(alice, { group: "alice" });
    subscriber.attach(mallory, { group: "mallory" });
    const header = { id: nextId(), source: 1, sequence: 4, topic: "chat" };
    bringAll(userData("forged", header), mallory);
    bringAll(userData("true", header), alice);
    bringAll(new Sender(1).retained("forged state", "state"), mallory);
    bringAll(new Sender(1).retained("true state", "state"), alice);
    expect(received.map(({ value, feed: from }) => [value, from])).toEqual([
      ["forged", "mallory"],
      ["true", "alice"],
      ["forged state", "mallory"],
      ["true state", "alice"],
    ]);
  });

  it("cannot make gaps, withdraw, or disturb the order in the other's group", () => {
    start({ order: "sequence" });
    const [alice, mallory] = [new ManualFeed("alice"), new ManualFeed("mallory")];
    subscriber.attach(alice, { group: "alice" });
    subscriber.attach(mallory, { group: "mallory" });
    const sender = new Sender(1);
    bringAll(sender.numbered(0, 0), alice);
    bringAll(sender.numbered(2, 2), alice);
    mallory.bring(sender.heartbeat([null, 0x7000_0000, [1]]));
    bringAll(sender.numbered(9, 900), mallory);
    expect(received.map(({ value }) => value)).toEqual([0, 9]);
    bringAll(sender.numbered(1, 1), alice);
    expect(received.filter(({ feed: from }) => from === "alice").map(({ value }) => value)).toEqual([0, 1, 2]);
    vi.advanceTimersByTime(60_000);
    expect(gaps).toEqual([]);
  });

  it("cannot close a group's name to look like another source or topic", () => {
    const one = new ManualFeed("one");
    const two = new ManualFeed("two");
    subscriber.attach(one, { group: "1 x" });
    subscriber.attach(two, { group: "x" });
    const id = nextId();
    bringAll(userData("a", { id, source: 1, sequence: 0 }), one);
    bringAll(userData("b", { id, source: 1, sequence: 0 }), two);
    expect(values()).toEqual(["a", "b"]);
  });
});

describe("forged fragments", () => {
  const large = new Uint8Array(5000).fill(1);
  const forge = (id: string, change: object): UserData => ({
    uuid: inband().uuid,
    payload: encodeEnvelope({
      id,
      source: 1,
      sequence: 0,
      topic: undefined,
      flags: 0,
      age: 0,
      index: 0,
      count: 2,
      body: Uint8Array.of(1, 2),
      ...change,
    }).payload,
  });

  it("of another message, group or source do not spoil one that is coming together", () => {
    const header = { id: nextId(), source: 1, sequence: 0 };
    const parts = userData(large, header);
    const other = new ManualFeed("other");
    subscriber.attach(other, { group: "other" });
    for (const [index, part] of parts.entries()) {
      feed.bring(forge(nextId(), { index: 0, count: 256 }));
      feed.bring(forge(header.id, { source: 2, index, count: parts.length }));
      other.bring(forge(header.id, { index: (index + 1) % parts.length, count: parts.length }));
      feed.bring(part);
    }
    expect(
      received.filter(({ source, feed: from }) => source === 1 && from === "manual").map(({ value }) => value),
    ).toEqual([large]);
  });

  it("never make a message of anything but what one writer wrote, and never throw", () => {
    const index = fc.nat(4);
    fc.assert(
      fc.property(fc.array(fc.record({ index, count: fc.constantFrom(2, 3, 300), empty: fc.boolean() })), (list) => {
        start();
        const id = nextId();
        for (const { empty, ...change } of list) {
          feed.bring(forge(id, { ...change, ...(empty ? { body: new Uint8Array(0) } : {}) }));
        }
        expect(received.length).toBeLessThanOrEqual(1);
      }),
    );
  });
});

describe("hostile MessagePack", () => {
  it("in an envelope is an error of ours or a value, and the flow goes on", () => {
    const tag = fc.integer({ min: 0x80, max: 0xdf });
    const bytes = fc.array(fc.oneof(fc.constantFrom(0, 0, 1, 3, 0x80, 0xff), tag), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(bytes, fc.nat(3), (list, flags) => {
        start();
        const envelope = { id: nextId(), source: 1, sequence: 0, topic: "t", age: 0, index: 0, count: 1 };
        const body = Uint8Array.from(list);
        feed.bring({ uuid: inband().uuid, payload: encodeEnvelope({ ...envelope, flags, body }).payload });
        feed.bring({ uuid: inband().uuid, payload: Uint8Array.from([0xc1, 1, ...list]) });
        for (const error of errors) expect(error.name).toBe("WireError");
        bringAll(new Sender(2).message("still here"));
        expect(values().at(-1)).toBe("still here");
      }),
      { numRuns: 500 },
    );
  });

  it("of 64 KiB of nesting or of counts of billions takes no time to speak of", () => {
    const bodies = [
      new Uint8Array(60_000).fill(0x91),
      Uint8Array.of(0xdd, 0xff, 0xff, 0xff, 0xff),
      Uint8Array.of(0xc7, 1, 0x78, 0),
    ];
    for (const body of bodies) {
      const envelope = { id: nextId(), source: 1, sequence: 0, topic: undefined, flags: 0, age: 0, index: 0, count: 1 };
      feed.bring({ uuid: inband().uuid, payload: encodeEnvelope({ ...envelope, body }).payload });
    }
    expect(errors.map((error) => (error as { code?: string }).code)).toEqual([
      "bad-envelope",
      "bad-envelope",
      "bad-envelope",
    ]);
    expect(received).toEqual([]);
  });
});

describe("a flood", () => {
  it("of ids, sources, topics and gaps leaves the subscriber working", () => {
    for (const order of ["arrival", "sequence"] as const) {
      start({ order });
      received.length = 0;
      for (let index = 0; index < 20_000; index += 1) {
        const header = { id: nextId(), source: index % 7000, sequence: index * 3, topic: `${index % 5000}` };
        bringAll(userData(index, header));
      }
      vi.advanceTimersByTime(10_000);
      expect(received).toHaveLength(20_000);
      bringAll(new Sender(0xffff_ffff).message("after", "chat"));
      expect(values().at(-1)).toBe("after");
      expect(errors).toEqual([]);
    }
  });

  it("of raw payloads is delivered, each once", () => {
    start({ profiles: [ivs()] });
    for (let index = 0; index < 10_000; index += 1) {
      const payload = Uint8Array.of(index >> 8, index);
      feed.bring({ uuid: ivs().uuid, payload });
      feed.bring({ uuid: ivs().uuid, payload });
    }
    expect(subscriber.stats()).toMatchObject({ messages: 10_000, duplicates: 10_000 });
  });
});

describe("a listener that throws", () => {
  for (const order of ["arrival", "sequence"] as const) {
    it(`does not keep anybody else from a message, by ${order}`, async () => {
      start({ order });
      subscriber.on("message", () => {
        throw new Error("listener");
      });
      for (const event of ["gap", "duplicate", "stripped", "present"] as const) {
        subscriber.on(event, () => {
          throw new Error(event);
        });
      }
      const heard: unknown[] = [];
      subscriber.on("message", ({ value }) => heard.push(value));
      const reader = subscriber.messages()[Symbol.asyncIterator]();
      const sender = new Sender();
      for (const sequence of [0, 2, 3]) bringAll([...sender.numbered(sequence, sequence)]);
      vi.advanceTimersByTime(10_000);
      expect(heard).toEqual([0, 2, 3]);
      expect((await reader.next()).value?.value).toBe(0);
      expect(errors.map(({ message }) => message)).toContain("gap");
    });
  }

  it("may close the subscriber or a feed, or bring more, in the middle", () => {
    start({ order: "sequence" });
    const sender = new Sender();
    subscriber.on("message", ({ value }) => {
      if (value === 1) bringAll(sender.numbered(4, 4));
      if (value === 2) subscriber.close();
    });
    bringAll(sender.numbered(0, 0));
    for (const sequence of [3, 2, 1]) bringAll(sender.numbered(sequence, sequence));
    vi.advanceTimersByTime(10_000);
    expect(values()).toEqual([0, 1, 2]);
    expect(errors).toEqual([]);
  });
});

describe("a clock that goes back", () => {
  /** Sets the clock of the system, and the one that no setting of it changes. */
  const setClocks = (nowMs: number): void => {
    vi.setSystemTime(nowMs);
    vi.spyOn(performance, "now").mockReturnValue(nowMs);
  };
  afterEach(() => void vi.restoreAllMocks());

  it("by an hour neither holds messages up nor makes equal raw payloads one for that hour", () => {
    setClocks(10_000_000);
    start({ profiles: [inband(), ivs()], order: "sequence" });
    const sender = new Sender();
    const raw = { uuid: ivs().uuid, payload: Uint8Array.of(1) };
    feed.sink?.userData(raw, { stream: "1" });
    bringAll(sender.numbered(0, 0));
    setClocks(6_400_000);
    bringAll(sender.numbered(2, 2));
    setClocks(6_400_400);
    vi.advanceTimersByTime(400);
    expect(gaps).toHaveLength(1);
    setClocks(6_402_400);
    feed.sink?.userData(raw, { stream: "1" });
    expect(values()).toEqual([Uint8Array.of(1), 0, 2, Uint8Array.of(1)]);
    expect(received.at(-1)?.receivedAt).toBe(6_402_400);
  });

  it("never makes a copy a second message", () => {
    const jump = fc.integer({ min: -100_000, max: 5000 });
    fc.assert(
      fc.property(fc.array(jump, { minLength: 1, maxLength: 30 }), (jumps) => {
        let nowMs = 1_000_000_000;
        setClocks(nowMs);
        start();
        const parts = new Sender().message("x");
        let forwardMs = 0;
        for (const each of jumps) {
          forwardMs += Math.max(0, each);
          if (forwardMs >= 60_000) break;
          nowMs += each;
          setClocks(nowMs);
          bringAll(parts);
        }
        expect(received.length).toBeLessThanOrEqual(1);
      }),
    );
  });
});
