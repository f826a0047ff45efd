import type { SeiPublisher, SeiPublisherOptions } from "@inband/publisher";
import { useFakeClock } from "@inband/rig/fake-clock";
import { type CarriedFrame, envelopesOf, ManualCarrier, messagesOf } from "@inband/rig/manual-carrier";
import { testPublisher } from "@inband/rig/test-publisher";
import type { Message } from "@inband/stream";
import { decodeValue, type Envelope, EnvelopeFlag, ivs } from "@inband/wire";
import { beforeEach, describe, expect, it, vi } from "vitest";

let carrier: ManualCarrier;

useFakeClock({ microtasks: true });

beforeEach(() => {
  carrier = new ManualCarrier();
});

/** A publisher whose own copies are out of the way at once: one copy, none for key frames, no heartbeat. */
const make = (options: SeiPublisherOptions = {}): SeiPublisher =>
  testPublisher({ copies: 1, keyFrameCopies: 0, heartbeat: false, ...options });

const values = (frame: CarriedFrame): unknown[] =>
  envelopesOf(frame).map(({ body, count }) => (count === 1 ? decodeValue(body) : "fragment"));

/** Time passes as at 30 frames a second. */
function frames(count: number, options: { isKeyFrame?: boolean; stream?: string } = {}): CarriedFrame[] {
  return Array.from({ length: count }, (_, index) => {
    vi.advanceTimersByTime(33);
    return carrier.frame({ ...options, isKeyFrame: index === 0 && options.isKeyFrame === true });
  });
}

describe("a retained message", () => {
  it("is marked, and sent again with each key frame under the same id", () => {
    const publisher = make();
    publisher.attach(carrier);
    const { id } = publisher.publish("12:30", { topic: "clock", retain: true });
    const carried = [...frames(3, { isKeyFrame: true }), ...frames(3, { isKeyFrame: true }), ...frames(3)];
    const envelopes = carried.map(envelopesOf);
    expect(carried.map(values)).toEqual([["12:30", "12:30"], [], [], ["12:30"], [], [], [], [], []]);
    for (const envelope of envelopes.flat()) {
      expect(envelope).toMatchObject({ id, topic: "clock", sequence: 0, flags: EnvelopeFlag.Retained });
    }
  });

  it("is the newest of its topic, and does not expire", () => {
    const publisher = make();
    publisher.attach(carrier);
    publisher.publish("old", { topic: "clock", retain: true });
    publisher.publish("other", { topic: "b", retain: true, expiresAfterMs: 10 });
    frames(2);
    publisher.publish("new", { topic: "clock", retain: true });
    frames(2);
    vi.advanceTimersByTime(3_600_000);
    expect(values(carrier.frame({ isKeyFrame: true })).sort()).toEqual(["new", "other"]);
    expect(publisher.stats()).toMatchObject({ retainedTopics: 2, published: 3, queuedMessages: 0 });
  });

  it("reaches a carrier and a stream that come much later", () => {
    const publisher = make();
    publisher.publish("state", { topic: "t", retain: true });
    vi.advanceTimersByTime(60_000);
    publisher.attach(carrier);
    expect(values(carrier.frame())).toEqual([]);
    expect(values(carrier.frame({ isKeyFrame: true }))).toEqual(["state"]);
    expect(values(carrier.frame({ isKeyFrame: true, stream: "high" }))).toEqual(["state"]);
  });

  it("is neither published again nor waiting, and does not delay its receipt", async () => {
    const publisher = make();
    publisher.attach(carrier);
    const { sent } = publisher.publish("x", { retain: true });
    const [first] = frames(1);
    expect(await sent).toMatchObject({
      outcome: "sent",
      streams: [{ copies: 1, rtpTimestamps: [first?.rtpTimestamp] }],
    });
    frames(60, { isKeyFrame: true });
    expect(publisher.queueSize).toBe(0);
    expect(publisher.stats()).toMatchObject({ published: 1, sent: 1, copies: 1 });
  });

  it("counts its age from the access unit that carried it first, for hours", () => {
    const publisher = make();
    publisher.attach(carrier);
    publisher.publish("x", { retain: true });
    const start = carrier.frame().rtpTimestamp;
    frames(3);
    const repeat = carrier.frame({ isKeyFrame: true });
    expect(envelopesOf(repeat)[0]?.age).toBe(repeat.rtpTimestamp - start);
    vi.advanceTimersByTime(7 * 3_600_000);
    expect(envelopesOf(carrier.frame({ isKeyFrame: true }))[0]?.age).toBe(0x7fff_ffff);
  });

  it("ends with unretain, or when it is cancelled while it waits", () => {
    const publisher = make();
    publisher.attach(carrier);
    publisher.publish("a", { topic: "a", retain: true });
    publisher.publish("b", { topic: "b", retain: true }).cancel();
    const sent = publisher.publish("c", { topic: "c", retain: true });
    frames(2);
    sent.cancel();
    publisher.unretain("a");
    publisher.unretain("never");
    expect(values(carrier.frame({ isKeyFrame: true }))).toEqual(["c"]);
    publisher.unretain("c");
    expect(values(carrier.frame({ isKeyFrame: true }))).toEqual([]);
    expect(publisher.stats().retainedTopics).toBe(0);
  });

  it("is taken back while only some of its fragments have been repeated", () => {
    const publisher = make();
    publisher.attach(carrier);
    publisher.publish(new Uint8Array(8000).fill(7), { topic: "large", retain: true });
    frames(10);
    expect(carrier.frame({ isKeyFrame: true }).payloads).toHaveLength(1);
    publisher.unretain("large");
    expect(frames(10).flatMap(values)).toEqual([]);
  });

  it("leaves with a key frame in front of what was published behind it, however much waits for that key frame", () => {
    const publisher = make({ copies: 1, keyFrameCopies: 1 });
    publisher.attach(carrier);
    publisher.publish("state", { topic: "t", retain: true });
    for (let index = 0; index < 60; index += 1) {
      publisher.publish(`${index}`.padEnd(60), { topic: "t" });
      carrier.frame();
    }
    const carried = messagesOf(carrier.frame({ isKeyFrame: true })).map(({ sequence }) => sequence);
    expect(carried.length).toBeLessThan(50);
    expect(carried[0]).toBe(0);
    expect(carried).toEqual(carried.toSorted((a, b) => a - b));
  });

  it("is not repeated for an access unit that did not leave", () => {
    const publisher = make();
    publisher.attach(carrier);
    publisher.publish("x", { retain: true });
    frames(1);
    const stream = carrier.publishers.stream("1");
    expect(stream.take({ rtpTimestamp: 90_000, isKeyFrame: true })).toHaveLength(1);
    stream.rollback();
    expect(values(carrier.frame())).toEqual(["x"]);
    expect(values(carrier.frame())).toEqual([]);
  });

  it("of the largest kind on 64 topics spreads out, and leaves room for others", async () => {
    const publisher = make({ maxQueueBytes: 10_000_000 });
    for (let index = 0; index < 64; index += 1) {
      publisher.publish(new Uint8Array(8189).fill(index + 1), { topic: `${index}`, retain: true, expiresAfterMs: 1 });
    }
    vi.advanceTimersByTime(10);
    publisher.attach(carrier);
    const fragments = new Map<string, number>();
    let largest = 0;
    let total = 0;
    for (let second = 0; second < 30; second += 1) {
      const { sent } = publisher.publish(`${second}`);
      for (const frame of frames(30, { isKeyFrame: true })) {
        const bytes = frame.nals.reduce((sum, { length }) => sum + length, 0);
        largest = Math.max(largest, bytes);
        total += bytes;
        for (const { id, flags } of envelopesOf(frame)) {
          if (flags & EnvelopeFlag.Retained) fragments.set(id, (fragments.get(id) ?? 0) + 1);
        }
      }
      expect((await sent).streams[0]?.rtpTimestamps).toHaveLength(1);
    }
    expect(largest).toBeLessThan(1300);
    expect(total / 30).toBeLessThanOrEqual(32_768 + 100);
    expect(fragments.size).toBe(64);
    expect(Math.min(...fragments.values())).toBeGreaterThanOrEqual(8);
  });
});

describe("what cannot be retained", () => {
  it("is a value of more than 8192 bytes", () => {
    const publisher = make();
    publisher.publish(new Uint8Array(8189), { retain: true });
    expect(() => publisher.publish(new Uint8Array(8190), { retain: true })).toThrow(
      expect.objectContaining({ code: "payload-too-large", limitBytes: 8192, actualBytes: 8193 }),
    );
    expect(publisher.stats()).toMatchObject({ published: 1, retainedTopics: 1 });
  });

  it("is a 65th topic", () => {
    const publisher = make();
    for (let index = 0; index < 64; index += 1) publisher.publish(index, { topic: `${index}`, retain: true });
    expect(() => publisher.publish(64, { topic: "64", retain: true })).toThrow(
      expect.objectContaining({ name: "PublishError", code: "too-many-retained" }),
    );
    publisher.publish("newer", { topic: "0", retain: true });
    publisher.unretain("1");
    publisher.publish(64, { topic: "64", retain: true });
    expect(publisher.stats().retainedTopics).toBe(64);
  });

  it("is a message of a profile without ids", () => {
    expect(() => make({ profile: ivs() }).publish(Uint8Array.of(1), { retain: true })).toThrow("retain");
    expect(() => make().publish(1, { retain: 1 as unknown as boolean })).toThrow("retain");
  });
});

describe("a carrier without access units", () => {
  it("is offered what is retained as plain messages that it may send once", () => {
    const offered: Message[] = [];
    const withdrawn: string[] = [];
    const publisher = make();
    const { id } = publisher.publish("x", { topic: "t", retain: true });
    vi.advanceTimersByTime(6000);
    publisher.attach({
      name: "plain",
      limits: carrier.limits,
      open: () => ({
        offer: (message) => offered.push(structuredClone(message)),
        withdraw: (messageId) => withdrawn.push(messageId),
        [Symbol.dispose]: () => {},
      }),
    });
    expect(offered).toMatchObject([{ standing: "retained", repeats: id, expiresAtMs: Number.POSITIVE_INFINITY }]);
    publisher.unretain("t");
    expect(withdrawn).toEqual(offered.map(({ id }) => id));
    const envelopes: Envelope[] = envelopesOf({
      rtpTimestamp: 0,
      nals: [],
      payloads: offered.flatMap(({ payloads }) => payloads.map(({ bytes }) => bytes)),
    });
    expect(envelopes).toMatchObject([{ id, topic: "t", flags: EnvelopeFlag.Retained }]);
  });
});
