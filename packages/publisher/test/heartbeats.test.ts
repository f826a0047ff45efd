import { SeiPublisher } from "@inband/publisher";
import { decodeValue, type Envelope, EnvelopeFlag, type HeartbeatTopic, ivs, readHeartbeat } from "@inband/wire";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type CarriedFrame, envelopesOf, ManualCarrier } from "./manual-carrier.ts";

let carrier: ManualCarrier;
const opened: SeiPublisher[] = [];

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
  carrier = new ManualCarrier();
});

afterEach(() => {
  for (const publisher of opened.splice(0)) publisher.close();
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

function make(options: ConstructorParameters<typeof SeiPublisher>[0] = {}): SeiPublisher {
  const publisher = new SeiPublisher({ copies: 1, keyFrameCopies: 0, ...options });
  opened.push(publisher);
  return publisher;
}

const isHeartbeat = ({ flags }: Envelope): boolean => (flags & EnvelopeFlag.Heartbeat) !== 0;
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
    const { beats } = run(60);
    expect(beats[0]).toMatchObject({
      topic: undefined,
      flags: EnvelopeFlag.Heartbeat,
      sequence: 0,
      index: 0,
      count: 1,
    });
    expect(said(beats[0])).toEqual([
      { topic: undefined, lastSequence: 0, withdrawn: [] },
      { topic: "a", lastSequence: 1, withdrawn: [] },
    ]);
  });

  it("rides key frames that are a second apart", () => {
    const publisher = make();
    publisher.attach(carrier);
    publisher.publish(1);
    const { at, beats } = run(300, 45);
    for (const index of at.slice(1)) expect(index % 45).toBe(0);
    expect(at.length).toBeGreaterThanOrEqual(6);
    expect(beats.map(({ sequence }) => sequence)).toEqual([...new Set(beats.map(({ sequence }) => sequence))]);
  });

  it("rides at most one access unit a second, however many are key frames", () => {
    const publisher = make();
    publisher.attach(carrier);
    publisher.publish(1);
    const { at } = run(300, 1);
    for (const [order, index] of at.slice(1).entries()) expect(index - (at[order] ?? 0)).toBeGreaterThanOrEqual(30);
    expect(at.length).toBeGreaterThan(7);
  });

  it("comes every two seconds without key frames, also when nothing is published", () => {
    const publisher = make();
    publisher.attach(carrier);
    publisher.publish(1);
    const { at } = run(600);
    for (const [order, index] of at.slice(1).entries()) expect(Math.abs(index - (at[order] ?? 0) - 60)).toBeLessThan(3);
    expect(at.length).toBeGreaterThanOrEqual(9);
  });

  it("says what was cancelled, what expired and what was dropped, the newest 32", () => {
    const publisher = make({ overflow: "drop-oldest", maxQueueMessages: 1 });
    publisher.publish("dropped", { topic: "t" });
    publisher.publish("expired", { topic: "t", expiresAfterMs: 10 });
    vi.advanceTimersByTime(20);
    publisher.publish("cancelled", { topic: "t" }).cancel();
    publisher.attach(carrier);
    publisher.publish("sent", { topic: "t" });
    expect(said(run(60).beats[0])).toEqual([{ topic: "t", lastSequence: 3, withdrawn: [0, 1, 2] }]);
    for (let index = 0; index < 40; index += 1) publisher.publish(index, { topic: "t" }).cancel();
    const withdrawn = Array.from({ length: 32 }, (_, index) => index + 12);
    expect(said(run(120).beats.at(-1))).toEqual([{ topic: "t", lastSequence: 43, withdrawn }]);
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
    expect(said(run(90).beats.at(-1))).toEqual([{ topic: "t", lastSequence: 0, withdrawn: [] }]);
    publisher.publish("new", { topic: "t", retain: true });
    expect(said(run(150).beats.at(-1))).toEqual([{ topic: "t", lastSequence: 1, withdrawn: [0] }]);
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

  it("is not sent when it is turned off, by a profile without ids, or before there is anything to say", () => {
    for (const options of [{ heartbeat: false }, { profile: ivs() }, {}]) {
      const own = new ManualCarrier();
      const publisher = make(options);
      publisher.attach(own);
      if ("profile" in options || "heartbeat" in options) publisher.publish(Uint8Array.of(1));
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
    expect(said(run(120).beats.at(-1))).toEqual([{ topic: undefined, lastSequence: 3, withdrawn: [] }]);
  });
});
