import { useFakeClock } from "@inband/rig/fake-clock";
import { ManualFeed, userData } from "@inband/rig/manual-feed";
import { testSubscriber } from "@inband/rig/test-subscriber";
import {
  type Gap,
  type ReceivedMessage,
  SeiSubscriber,
  SubscribeError,
  type SubscriberEvents,
} from "@inband/subscriber";
import { createMessageId, encodeEnvelope, encodeValue, inband, ivs } from "@inband/wire";
import fc from "fast-check";
import { beforeEach, describe, expect, it, vi } from "vitest";

let subscriber: SeiSubscriber;
let feed: ManualFeed;
let received: ReceivedMessage[];
let errors: Error[];

useFakeClock();

beforeEach(() => start());

function start(options: ConstructorParameters<typeof SeiSubscriber>[0] = {}): void {
  ({ subscriber, feed, received, errors } = testSubscriber(options));
}

let made = 0;
/** A header with an id of its own. */
function header(options: { sequence?: number; topic?: string; source?: number } = {}) {
  made += 1;
  const random = (bytes: Uint8Array) => new DataView(bytes.fill(1).buffer).setUint32(12, made);
  return { id: createMessageId({ nowMs: 999_900, random }), source: 1, sequence: 0, ...options };
}

function bring(value: unknown, options: Parameters<typeof header>[0] = {}): void {
  for (const message of userData(value, header(options))) feed.bring(message);
}

const values = () => received.map(({ value }) => value);

describe("a message", () => {
  it("says what it is and which frame it speaks of", () => {
    const made = header({ sequence: 7, topic: "chat" });
    const [sent] = userData({ text: "hello" }, made, { age: 6000 });
    if (sent !== undefined) feed.bring(sent, { stream: "high", rtpTimestamp: 2000, isKeyFrame: true });
    expect(received[0]?.toJSON()).toEqual({
      value: { text: "hello" },
      profile: "inband",
      id: made.id,
      topic: "chat",
      source: 1,
      sequence: 7,
      publishedAt: 999_900,
      receivedAt: 1_000_000,
      rtpTimestamp: 2 ** 32 - 4000,
      carriedRtpTimestamp: 2000,
      retained: false,
      isBacklog: true,
      isKeyFrame: true,
      stream: "high",
      feed: "manual",
      copies: 1,
    });
  });

  it("speaks of a frame to come when its age is negative", () => {
    const [sent] = userData(1, header(), { age: 2 ** 32 - 90_000 });
    if (sent !== undefined) feed.bring(sent, { rtpTimestamp: 0xffff_ffff });
    expect(received[0]?.rtpTimestamp).toBe(89_999);
  });

  it("becomes JSON whatever its value is", () => {
    bring({ bytes: Uint8Array.of(1, 2, 255), big: 2n ** 63n, list: [1n] });
    expect(JSON.parse(JSON.stringify(received[0])).value).toEqual({
      bytes: "AQL/",
      big: "9223372036854775808",
      list: ["1"],
    });
  });

  it("does not hold the bytes of the feed, which are valid during the call only", () => {
    const [sent] = userData(Uint8Array.of(1, 2, 3), header());
    if (sent !== undefined) feed.bring(sent);
    sent?.payload.fill(0);
    expect(values()).toEqual([Uint8Array.of(1, 2, 3)]);
  });

  it("of a UUID that nobody asked for is left alone", () => {
    feed.bring({ uuid: new Uint8Array(16), payload: Uint8Array.of(1) });
    expect(subscriber.stats()).toMatchObject({ userData: 1, foreign: 1, messages: 0, errors: 0 });
  });

  it("that is a heartbeat is not for the application", () => {
    const [sent] = userData(1, { ...header(), flags: 2 });
    if (sent !== undefined) feed.bring(sent);
    expect(received).toEqual([]);
  });
});

describe("copies", () => {
  it("are counted, and delivered once", () => {
    const heard: SubscriberEvents["duplicate"][] = [];
    subscriber.on("duplicate", (event) => heard.push(event));
    const [sent] = userData("x", header());
    for (let index = 0; index < 5; index += 1) if (sent !== undefined) feed.bring(sent, { stream: `${index}` });
    expect(values()).toEqual(["x"]);
    expect(received[0]?.copies).toBe(5);
    expect(heard.map(({ copies, stream }) => [copies, stream])).toEqual([
      [2, "1"],
      [3, "2"],
      [4, "3"],
      [5, "4"],
    ]);
    expect(subscriber.stats()).toMatchObject({ messages: 1, duplicates: 4 });
  });

  it("are delivered once whatever is lost, repeated and reordered", () => {
    const size = fc.constantFrom(10, 300, 3000);
    const schedule = fc.array(fc.nat(10_000), { minLength: 1, maxLength: 300 });
    fc.assert(
      fc.property(fc.array(size, { minLength: 1, maxLength: 12 }), schedule, (sizes, picks) => {
        start();
        const messages = sizes.map((length, index) =>
          userData(new Uint8Array(length).fill(index), header({ sequence: index })),
        );
        const parts = messages.flatMap((list, message) => list.map((part, index) => ({ part, message, index })));
        const seen = messages.map(() => new Set<number>());
        for (const pick of picks) {
          const chosen = parts[pick % parts.length];
          if (chosen === undefined) continue;
          seen[chosen.message]?.add(chosen.index);
          feed.bring(chosen.part);
        }
        const whole = messages.flatMap((list, message) => (seen[message]?.size === list.length ? [message] : []));
        expect(received.map(({ sequence }) => sequence).sort((a, b) => (a ?? 0) - (b ?? 0))).toEqual(whole);
        for (const { value, sequence } of received) {
          expect(value).toEqual(new Uint8Array(sizes[sequence ?? 0] ?? 0).fill(sequence ?? 0));
        }
        expect(errors).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });

  it("on another feed are copies where the feeds are of one group, and only there", () => {
    const [video, channel, other] = [new ManualFeed("video"), new ManualFeed("channel"), new ManualFeed("other")];
    subscriber.attach(video, { group: "alice" });
    subscriber.attach(channel, { group: "alice" });
    subscriber.attach(other, { group: "recording" });
    const [sent] = userData("x", header());
    for (const each of [feed, video, channel, other]) if (sent !== undefined) each.bring(sent);
    expect(received.map((message) => message.feed)).toEqual(["manual", "video", "other"]);
  });

  it("on the feed that takes the place of one of its group are copies too", () => {
    const [before, after] = [new ManualFeed("before"), new ManualFeed("after")];
    const [sent] = userData("x", header());
    const attachment = subscriber.attach(before, { group: "alice" });
    if (sent !== undefined) before.bring(sent);
    attachment.close();
    subscriber.attach(after, { group: "alice" });
    if (sent !== undefined) after.bring(sent);
    expect(values()).toEqual(["x"]);
  });
});

describe("payloads without ids", () => {
  beforeEach(() => start({ profiles: [ivs()] }));
  const raw = (...bytes: number[]) => ({ uuid: ivs().uuid, payload: Uint8Array.from(bytes) });

  it("are delivered as bytes, equal ones within 2 s once", () => {
    feed.bring(raw(1, 2), { rtpTimestamp: 0 });
    feed.bring(raw(1, 2), { rtpTimestamp: 179_999 });
    feed.bring(raw(2, 1), { rtpTimestamp: 179_999 });
    feed.bring(raw(1, 2), { rtpTimestamp: 180_000 });
    expect(values()).toEqual([Uint8Array.of(1, 2), Uint8Array.of(2, 1), Uint8Array.of(1, 2)]);
    expect(received.map(({ id, copies }) => [id, copies])).toEqual([
      ["raw-0", 2],
      ["raw-1", 1],
      ["raw-2", 1],
    ]);
    expect(received[0]).toMatchObject({
      profile: "ivs",
      source: undefined,
      sequence: undefined,
      publishedAt: undefined,
    });
  });

  it("are told apart by every byte", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.uint8Array({ minLength: 1, maxLength: 4 }), { comparator: (a, b) => `${a}` === `${b}` }),
        (list) => {
          start({ profiles: [ivs()] });
          for (const payload of list) feed.bring({ uuid: ivs().uuid, payload });
          expect(values()).toEqual(list);
        },
      ),
      { numRuns: 50 },
    );
  });

  it("of two feeds are two messages: two people may say the same", () => {
    const other = new ManualFeed("other");
    subscriber.attach(other);
    feed.bring(raw(1));
    other.bring(raw(1));
    expect(received).toHaveLength(2);
  });

  it("are read beside envelopes under one UUID", () => {
    start({ profiles: [ivs(), ivs({ envelope: true }), inband()] });
    feed.bring(raw(0x68, 0x69));
    for (const message of userData({ a: 1 }, header(), { profile: ivs({ envelope: true }) })) feed.bring(message);
    bring("inband");
    expect(values()).toEqual([Uint8Array.of(0x68, 0x69), { a: 1 }, "inband"]);
  });
});

describe("fragments", () => {
  const large = new Uint8Array(65_533).map((_, index) => index);

  it("of 64 KiB come together in any order", () => {
    const parts = userData(large, header());
    for (const part of parts.toReversed()) feed.bring(part);
    expect(values()).toEqual([large]);
  });

  it("of messages that never complete take bounded memory, and are counted", () => {
    for (let index = 0; index < 200; index += 1) {
      for (const part of userData(large, header()).slice(1)) feed.bring(part);
    }
    bring("still here");
    expect(values()).toEqual(["still here"]);
    expect(subscriber.stats().incomplete).toBeGreaterThan(180);
  });

  it("are forgotten after 15 s", () => {
    const [first, ...rest] = userData(large, header());
    for (const part of rest) feed.bring(part);
    vi.advanceTimersByTime(15_000);
    if (first !== undefined) feed.bring(first);
    expect(received).toEqual([]);
    expect(subscriber.stats().incomplete).toBe(1);
  });

  it("that contradict each other, or are more than a message may be, are an error", () => {
    const envelope = {
      ...header(),
      topic: undefined,
      flags: 0,
      age: 0,
      index: 0,
      count: 2,
      body: new Uint8Array(60_000),
    };
    const fragment = (change: object) => ({
      uuid: inband().uuid,
      payload: encodeEnvelope({ ...envelope, ...change }).payload,
    });
    feed.bring(fragment({}));
    feed.bring(fragment({ index: 1, count: 3 }));
    feed.bring(fragment({ index: 1 }));
    expect(errors).toMatchObject([{ code: "bad-envelope" }, { code: "payload-too-large" }]);
    expect(received).toEqual([]);
  });
});

describe("errors", () => {
  it("are typed, and do not stop the flow", () => {
    feed.bring({ uuid: inband().uuid, payload: Uint8Array.of(0xc1, 2, 0x90) });
    feed.bring({ uuid: inband().uuid, payload: Uint8Array.of(1, 2, 3) });
    bring("after");
    expect(errors).toMatchObject([
      { name: "WireError", code: "unknown-version", version: 2 },
      { name: "WireError", code: "bad-envelope" },
    ]);
    expect(values()).toEqual(["after"]);
  });

  it("of one broken message come once, not for every copy", () => {
    const { payload } = encodeEnvelope({
      ...header(),
      topic: undefined,
      flags: 0,
      age: 0,
      index: 0,
      count: 2,
      body: encodeValue(1),
    });
    const second = encodeEnvelope({
      ...header(),
      topic: undefined,
      flags: 0,
      age: 0,
      index: 1,
      count: 2,
      body: encodeValue(1),
    });
    second.payload.set(payload.subarray(5, 21), 5);
    for (let index = 0; index < 3; index += 1) {
      feed.bring({ uuid: inband().uuid, payload });
      feed.bring({ uuid: inband().uuid, payload: second.payload });
    }
    expect(errors).toMatchObject([{ code: "bad-envelope" }]);
  });

  it("are at most ten events a second, and all counted", () => {
    for (let index = 0; index < 1000; index += 1) feed.bring({ uuid: inband().uuid, payload: Uint8Array.of(0) });
    expect(errors).toHaveLength(10);
    expect(subscriber.stats().errors).toBe(1000);
    vi.advanceTimersByTime(1000);
    feed.bring({ uuid: inband().uuid, payload: Uint8Array.of(0) });
    expect(errors).toHaveLength(11);
  });

  it("of listeners are reported, and the next listener is called", () => {
    subscriber.close();
    subscriber = new SeiSubscriber();
    subscriber.attach(feed);
    subscriber.on("message", () => {
      throw new Error("my fault");
    });
    subscriber.on("message", (message) => received.push(message));
    subscriber.on("error", (error) => errors.push(error));
    subscriber.on("error", () => {
      throw new Error("even here");
    });
    bring(1);
    bring(2);
    expect(values()).toEqual([1, 2]);
    expect(errors.map(({ message }) => message)).toEqual(["my fault", "my fault"]);
  });

  it("of feeds are passed on", () => {
    feed.sink?.failed(new Error("lost"));
    expect(errors.map(({ message }) => message)).toEqual(["lost"]);
  });
});

describe("gaps", () => {
  let gaps: Gap[];
  beforeEach(() => {
    gaps = [];
    subscriber.on("gap", (gap) => gaps.push(gap));
  });

  it("are reported when a message never came", () => {
    for (const sequence of [5, 6, 9]) bring(sequence, { sequence, topic: "chat" });
    vi.advanceTimersByTime(5999);
    expect(gaps).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(gaps).toEqual([{ feed: "manual", source: 1, topic: "chat", sequence: 7, missing: 2 }]);
    expect(subscriber.stats().missing).toBe(2);
  });

  it("are not reported for what comes late", () => {
    for (const sequence of [0, 4, 2]) bring(sequence, { sequence });
    vi.advanceTimersByTime(3000);
    bring(1, { sequence: 1 });
    vi.advanceTimersByTime(10_000);
    expect(gaps).toEqual([{ feed: "manual", source: 1, topic: undefined, sequence: 3, missing: 1 }]);
    bring(3, { sequence: 3 });
    expect(values()).toEqual([0, 4, 2, 1, 3]);
  });

  it("are counted for each source and topic, over the wrap", () => {
    bring(1, { sequence: 0xffff_fffe, topic: "a" });
    bring(1, { sequence: 0, topic: "b" });
    bring(1, { sequence: 10, topic: "b", source: 2 });
    bring(1, { sequence: 1, topic: "a" });
    vi.advanceTimersByTime(6000);
    expect(gaps).toEqual([{ feed: "manual", source: 1, topic: "a", sequence: 0xffff_ffff, missing: 2 }]);
  });

  it("of a hostile source take bounded memory", () => {
    for (let index = 0; index < 3000; index += 1) bring(1, { sequence: index * 2 });
    for (let index = 0; index < 3000; index += 1) bring(1, { source: 100 + index });
    vi.advanceTimersByTime(6000);
    expect(subscriber.stats().missing).toBe(2999);
  });
});

/** The values of a reader who reads until there is no more. */
async function allValues(messages: AsyncIterable<ReceivedMessage>): Promise<unknown[]> {
  const list: unknown[] = [];
  for await (const { value } of messages) list.push(value);
  return list;
}

describe("messages()", () => {
  const options = { topic: "chat" };

  it("yields what comes, on one topic, until the subscriber is closed", async () => {
    const reading = allValues(subscriber.messages(options));
    bring(1, options);
    bring(2, { topic: "other" });
    bring(3, options);
    subscriber.close();
    expect(await reading).toEqual([1, 3]);
  });

  it("keeps what comes between the call and its iteration, and begins anew for another one", async () => {
    const messages = subscriber.messages(options);
    bring(1, options);
    const first = allValues(messages);
    const second = allValues(messages);
    bring(2, options);
    subscriber.close();
    expect(await Promise.all([first, second])).toEqual([[1, 2], [2]]);
  });

  it("tells a slow reader what he missed", async () => {
    const lagged: unknown[] = [];
    subscriber.on("lagged", (event) => lagged.push(event));
    const reader = subscriber.messages({ bufferSize: 3 })[Symbol.asyncIterator]();
    for (let index = 0; index < 10; index += 1) bring(index, { sequence: index });
    expect((await reader.next()).value?.value).toBe(7);
    expect(lagged).toEqual([{ topic: undefined, missed: 7 }]);
    expect((await reader.next()).value?.value).toBe(8);
    expect(lagged).toHaveLength(1);
    expect(subscriber.stats().lagged).toBe(7);
  });

  it("rejects with the reason of its signal", async () => {
    const controller = new AbortController();
    const reader = subscriber.messages({ signal: controller.signal })[Symbol.asyncIterator]();
    const waiting = reader.next();
    const reason = new Error("enough");
    controller.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    await expect(reader.next()).rejects.toBe(reason);
    const late = subscriber.messages({ signal: controller.signal })[Symbol.asyncIterator]();
    await expect(late.next()).rejects.toBe(reason);
  });

  it("lets go when the reader leaves", async () => {
    const loop = (async () => {
      for await (const { value } of subscriber.messages()) return value;
      return undefined;
    })();
    bring("first");
    expect(await loop).toBe("first");
    bring("second", { sequence: 1 });
    expect(received).toHaveLength(2);
  });

  it("ends at once on a closed subscriber", async () => {
    subscriber.close();
    expect(await allValues(subscriber.messages())).toEqual([]);
  });

  it("refuses a buffer of nothing", () => {
    expect(() => subscriber.messages({ bufferSize: 0 })).toThrow("bufferSize");
  });
});

describe("attachments", () => {
  it("end with their feed, and bring nothing more", () => {
    const other = new ManualFeed("other");
    const attachment = subscriber.attach(other);
    attachment.close();
    attachment[Symbol.dispose]();
    expect(other.isEnded).toBe(true);
    for (const message of userData(1, header())) other.bring(message);
    expect(received).toEqual([]);
  });

  it("all end when the subscriber is closed", () => {
    subscriber.close();
    subscriber.close();
    expect(feed.isEnded).toBe(true);
    const attach = () => subscriber.attach(new ManualFeed());
    expect(attach).toThrow(SubscribeError);
    expect(attach).toThrow(expect.objectContaining({ code: "closed", message: "The subscriber is closed" }));
  });

  it("leave nothing behind when a feed cannot be opened", () => {
    const broken = {
      name: "broken",
      open: (): Disposable => {
        throw new Error("no transceiver");
      },
    };
    expect(() => subscriber.attach(broken)).toThrow("no transceiver");
  });

  it("count access units", () => {
    feed.sink?.accessUnits(30);
    feed.sink?.accessUnits(2);
    expect(subscriber.stats().accessUnits).toBe(32);
  });
});
