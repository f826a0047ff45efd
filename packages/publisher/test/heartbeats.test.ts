import type { SeiPublisher, SeiPublisherOptions } from "@inband/publisher";
import { useFakeClock } from "@inband/rig/fake-clock";
import { type CarriedFrame, envelopesOf, isHeartbeat, ManualCarrier, valuesOf } from "@inband/rig/manual-carrier";
import { testPublisher } from "@inband/rig/test-publisher";
import { decodeValue, type Envelope, EnvelopeFlag, type HeartbeatTopic, ivs, readHeartbeat } from "@inband/wire";
import { beforeEach, describe, expect, it, vi } from "vitest";

let carrier: ManualCarrier;

useFakeClock({ microtasks: true });

beforeEach(() => {
  carrier = new ManualCarrier();
});

const make = (options: SeiPublisherOptions = {}): SeiPublisher =>
  testPublisher({ copies: 1, keyFrameCopies: 0, ...options });

const beatsOf = (frame: CarriedFrame): Envelope[] => envelopesOf(frame).filter(isHeartbeat);
const said = (envelope: Envelope | undefined): HeartbeatTopic[] =>
  readHeartbeat(decodeValue(envelope?.body ?? Uint8Array.of()));

/** Access units at 30 a second, with a key frame every so many; the indices of those with heartbeats, and these. */
function run(count: number, keyFrameInterval = Number.POSITIVE_INFINITY): { at: number[]; beats: Envelope[] } {
  const at: number[] = [];
  const beats: Envelope[] = [];
  for (let index = 0; index < count; index += 1) {
    vi.advanceTimersByTime(100 / 3);
    const found = beatsOf(carrier.frame({ isKeyFrame: index % keyFrameInterval === 0 }));
    if (found.length > 0) at.push(index);
    beats.push(...found);
  }
  return { at, beats };
}

describe("a heartbeat", () => {
  it("says the last sequence of each topic, in one envelope without a topic", () => {
    const publisher = make();
    publisher.attach(carrier);
    publisher.publish(1, { topic: "a" });
    publisher.publish(2, { topic: "a" });
    publisher.publish(3);
    const { beats } = run(90);
    expect(beats[0]).toMatchObject({
      topic: undefined,
      flags: EnvelopeFlag.Heartbeat,
      sequence: 0,
      index: 0,
      count: 1,
    });
    expect(said(beats[0])).toEqual([]);
    expect(said(beats.at(-1))).toMatchObject([
      { topic: undefined, lastSequence: 0, withdrawn: [] },
      { topic: "a", lastSequence: 1, withdrawn: [] },
    ]);
  });

  it("rides every access unit of a stream's first second, before anything is published, and stays small", () => {
    const publisher = make();
    publisher.attach(carrier);
    const { at, beats } = run(40);
    expect(at.slice(0, 30)).toEqual(Array.from({ length: 30 }, (_, index) => index));
    expect(at.length).toBeLessThan(33);
    for (const beat of beats) expect(said(beat)).toEqual([]);
    publisher.publish("x", { topic: "chat" });
    run(60);
    for (let index = 0; index < 200; index += 1) {
      const { nals } = carrier.frame();
      for (const nal of nals) expect(nal.length).toBeLessThanOrEqual(16 + 60 + 4);
      vi.advanceTimersByTime(100 / 3);
    }
  });

  it("of many topics does not fill a stream's first second", () => {
    const publisher = make({ maxQueueMessages: 1000 });
    publisher.attach(carrier);
    for (let index = 0; index < 64; index += 1) publisher.publish(index, { topic: `${index}`.repeat(20) });
    run(60);
    let bytes = 0;
    for (let index = 0; index < 30; index += 1) {
      for (const nal of carrier.frame({ stream: "late" }).nals) bytes += nal.length;
    }
    const values = 64 * 100;
    expect(bytes).toBeLessThan(2 * 2048 + values);
  });

  it("rides an access unit a second after that, and key frames half a second after the last", () => {
    const publisher = make();
    publisher.attach(carrier);
    publisher.publish(1);
    run(45);
    for (const [interval, most] of [
      [Number.POSITIVE_INFINITY, 31],
      [20, 20],
      [1, 16],
    ] as const) {
      const { at } = run(300, interval);
      for (const [order, index] of at.slice(1).entries()) {
        const apart = index - (at[order] ?? 0);
        expect(apart).toBeGreaterThanOrEqual(15);
        expect(apart).toBeLessThanOrEqual(most + 1);
      }
      expect(at.length).toBeGreaterThanOrEqual(9);
    }
  });

  it("says when each topic began: what was made before it is not sent again", () => {
    const publisher = make();
    publisher.attach(carrier);
    const before = run(20).beats.map(({ sequence }) => sequence);
    publisher.publish("a", { topic: "t" });
    const during = run(20);
    expect(Math.min(...during.beats.map(({ sequence }) => sequence))).toBeGreaterThan(Math.max(...before));
    const [topic] = said(run(60).beats.at(-1));
    expect(topic?.history).toMatchObject({ pending: 0, first: 0 });
    expect(topic?.history?.since).toBeGreaterThan(Math.max(...before));
    expect(topic?.history?.since).toBeLessThanOrEqual(during.beats[0]?.sequence ?? 0);
  });

  it("says how many messages behind the last one wait", () => {
    const publisher = make();
    publisher.attach(carrier);
    publisher.publish(0, { topic: "t" });
    run(1);
    for (let index = 0; index < 3; index += 1) publisher.publish(index, { topic: "t", expiresAfterMs: 60_000 });
    const still = new ManualCarrier("still");
    publisher.attach(still);
    vi.advanceTimersByTime(1500);
    expect(said(beatsOf(still.frame())[0])).toMatchObject([{ lastSequence: 0, history: { pending: 3 } }]);
  });

  it("leaves out of a topic's history what was given up before anything was attached", () => {
    const publisher = make();
    for (let index = 0; index < 50; index += 1) publisher.publish(index, { topic: "t", expiresAfterMs: 10 });
    vi.advanceTimersByTime(20);
    publisher.publish("late", { topic: "t" });
    publisher.attach(carrier);
    expect(said(run(60).beats.at(-1))).toMatchObject([{ lastSequence: 50, history: { first: 50, since: 0 } }]);
  });

  it("has one of the first three numbers for the first carrier alone", () => {
    const publisher = make();
    publisher.attach(carrier)[Symbol.dispose]();
    const later = new ManualCarrier("later");
    publisher.attach(later);
    expect(beatsOf(later.frame())[0]?.sequence).toBe(3);
  });

  it("says what was cancelled, what expired and what was dropped, the newest 32", () => {
    const publisher = make({ overflow: "drop-oldest", maxQueueMessages: 1 });
    publisher.publish("dropped", { topic: "t" });
    publisher.publish("expired", { topic: "t", expiresAfterMs: 10 });
    vi.advanceTimersByTime(20);
    publisher.publish("cancelled", { topic: "t" }).cancel();
    publisher.attach(carrier);
    publisher.publish("sent", { topic: "t" });
    expect(said(run(90).beats.at(-1))).toMatchObject([{ topic: "t", lastSequence: 3, withdrawn: [0, 1, 2] }]);
    for (let index = 0; index < 40; index += 1) publisher.publish(index, { topic: "t" }).cancel();
    const withdrawn = Array.from({ length: 32 }, (_, index) => index + 12);
    expect(said(run(120).beats.at(-1))).toMatchObject([{ topic: "t", lastSequence: 43, withdrawn }]);
  });

  it("does not count a message that still waits", () => {
    const publisher = make();
    publisher.attach(carrier);
    publisher.publish(1, { topic: "t" });
    const other = new ManualCarrier("still");
    run(1);
    publisher.attach(other);
    publisher.publish(2, { topic: "t", expiresAfterMs: 60_000 });
    vi.advanceTimersByTime(5000);
    expect(said(beatsOf(other.frame())[0] ?? beatsOf(other.frame())[0])).toMatchObject([{ lastSequence: 0 }]);
  });

  it("does not say that a retained message was withdrawn, until a newer one takes its place", () => {
    const publisher = make();
    publisher.publish("old", { topic: "t", retain: true, expiresAfterMs: 10 });
    vi.advanceTimersByTime(20);
    publisher.attach(carrier);
    expect(said(run(90).beats.at(-1))).toMatchObject([{ topic: "t", lastSequence: 0, withdrawn: [] }]);
    publisher.publish("new", { topic: "t", retain: true });
    expect(said(run(150).beats.at(-1))).toMatchObject([{ topic: "t", lastSequence: 1, withdrawn: [0] }]);
  });

  it("is not counted as a message, and delays none", async () => {
    const publisher = make();
    publisher.attach(carrier);
    for (let index = 0; index < 10; index += 1) {
      const { sent } = publisher.publish(index);
      run(30);
      expect((await sent).outcome).toBe("sent");
      expect(publisher.queueSize).toBe(0);
    }
    expect(publisher.stats()).toMatchObject({ published: 10, sent: 10, copies: 10 });
  });

  it("holds the 64 topics that were used last, and says all of them over time in envelopes that fit", () => {
    const publisher = make({ maxQueueMessages: 1000 });
    publisher.attach(carrier);
    for (let index = 0; index < 100; index += 1) publisher.publish(index, { topic: `${"t".repeat(100)}${index}` });
    const { beats } = run(900);
    const topics = new Set<string | undefined>();
    for (const beat of beats) {
      expect(beat.count).toBe(1);
      expect(beat.body.length).toBeLessThan(1100);
      for (const { topic } of said(beat)) topics.add(topic);
    }
    expect(topics.size).toBe(64);
    expect(topics.has(`${"t".repeat(100)}99`)).toBe(true);
    expect(topics.has(`${"t".repeat(100)}35`)).toBe(false);
  });

  it("goes to every stream, and to carriers that come later", () => {
    const publisher = make();
    publisher.attach(carrier);
    publisher.publish(1);
    run(60);
    expect(beatsOf(carrier.frame({ stream: "high" }))).toHaveLength(1);
    const late = new ManualCarrier("late");
    publisher.attach(late);
    expect(beatsOf(late.frame())).toHaveLength(1);
  });

  it("is not sent when it is turned off, or by a profile without ids", () => {
    for (const options of [{ heartbeat: false }, { profile: ivs() }]) {
      const own = new ManualCarrier();
      const publisher = make(options);
      publisher.attach(own);
      publisher.publish(Uint8Array.of(1));
      own.frame();
      vi.advanceTimersByTime(5000);
      expect(own.frame({ isKeyFrame: true }).nals).toEqual([]);
    }
    expect(() => make({ heartbeat: 1 as unknown as boolean })).toThrow("heartbeat");
  });

  it("rides a NAL unit of its own, and fits, where the readers ask for it", () => {
    const publisher = make({ profile: ivs({ envelope: true }) });
    publisher.attach(carrier);
    for (let index = 0; index < 64; index += 1) {
      publisher.publish(1, { topic: `topic ${index}` });
      run(2);
    }
    const { beats } = run(90);
    expect(beats.length).toBeGreaterThan(0);
    for (const beat of beats) expect(said(beat).length).toBeGreaterThan(20);
  });

  it("says the last word when the publisher is closed, for a second, and nothing else leaves", () => {
    const publisher = make();
    publisher.attach(carrier);
    publisher.publish(1, { topic: "t" });
    run(50);
    publisher.publish(2, { topic: "t" });
    run(1);
    publisher.publish(3, { topic: "t", expiresAfterMs: 60_000 });
    publisher.close();
    const frames = Array.from({ length: 60 }, () => {
      vi.advanceTimersByTime(100 / 3);
      return carrier.frame();
    });
    expect(frames.flatMap(valuesOf)).toEqual([]);
    const carrying = frames.map((frame) => beatsOf(frame).length);
    expect(carrying.slice(0, 20)).toEqual(new Array(20).fill(1));
    expect(carrying.slice(31)).toEqual(new Array(29).fill(0));
    expect(said(beatsOf(frames[0] as CarriedFrame)[0])).toMatchObject([{ topic: "t", lastSequence: 1 }]);
    const flags = new Set(frames.flatMap(beatsOf).map((beat) => beat.flags));
    expect([...flags]).toEqual([EnvelopeFlag.Heartbeat | EnvelopeFlag.Last]);
    expect(carrier.frame({ isKeyFrame: true }).nals).toEqual([]);
  });

  it("says the last word on a carrier that is detached, comes no more from it, and goes on elsewhere", () => {
    const publisher = make();
    const attached = publisher.attach(carrier);
    run(5);
    const other = new ManualCarrier("other");
    publisher.attach(other);
    attached[Symbol.dispose]();
    const [last] = beatsOf(carrier.frame());
    expect(last?.flags).toBe(EnvelopeFlag.Heartbeat | EnvelopeFlag.Last);
    vi.advanceTimersByTime(1000);
    expect(carrier.frame().nals).toEqual([]);
    attached[Symbol.dispose]();
    expect(beatsOf(other.frame())).toMatchObject([{ flags: EnvelopeFlag.Heartbeat }]);
  });

  it("comes no more from a publisher that was closed while the video stood still", () => {
    const publisher = make();
    publisher.attach(carrier);
    publisher.publish(1);
    run(50);
    publisher.close();
    const stream = carrier.publishers.stream("1");
    expect(stream.take({ rtpTimestamp: 1, isKeyFrame: false })).toHaveLength(1);
    stream.rollback();
    vi.advanceTimersByTime(2000);
    expect(stream.take({ rtpTimestamp: 1, isKeyFrame: true })).toEqual([]);
  });

  it("goes on after the clock was set back", () => {
    let nowMs = 10_000_000;
    const publisher = make({ now: () => nowMs });
    publisher.attach(carrier);
    publisher.publish(1);
    run(1);
    nowMs += 1500;
    publisher.publish(2);
    run(1);
    nowMs -= 3_600_000;
    publisher.publish(3, { expiresAfterMs: 60_000 });
    run(1);
    nowMs += 1500;
    publisher.publish(4);
    expect(said(run(120).beats.at(-1))).toMatchObject([{ topic: undefined, lastSequence: 3, withdrawn: [] }]);
  });
});
