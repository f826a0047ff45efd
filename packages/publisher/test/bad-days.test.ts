import type { SeiPublisherOptions } from "@inband/publisher";
import { PublishError, type SeiPublisher } from "@inband/publisher";
import { useFakeClock } from "@inband/rig/fake-clock";
import { type CarriedFrame, ManualCarrier, messagesOf, valuesOf } from "@inband/rig/manual-carrier";
import { testPublisher } from "@inband/rig/test-publisher";
import { decodeEnvelope, EnvelopeFlag, inband, ivs, type Profile, raw, seiModule, stagesSei } from "@inband/wire";
import { beforeEach, describe, expect, it, vi } from "vitest";

let carrier: ManualCarrier;

useFakeClock({ microtasks: true });

beforeEach(() => {
  carrier = new ManualCarrier();
});

const make = (options: SeiPublisherOptions = {}): SeiPublisher => testPublisher({ copies: 1, ...options });

/** Time passes as at 30 frames a second. */
function frames(count: number): CarriedFrame[] {
  return Array.from({ length: count }, () => {
    vi.advanceTimersByTime(33);
    return carrier.frame();
  });
}

const textOf = (frame: CarriedFrame): string[] => frame.payloads.map((payload) => new TextDecoder().decode(payload));

describe("a payload", () => {
  const size = (profile: Profile, bytes: number) => (): unknown => make({ profile }).publish(new Uint8Array(bytes));

  it("of no bytes is carried as a value, and refused where it would be nothing", () => {
    const publisher = make();
    publisher.attach(carrier);
    for (const empty of [new Uint8Array(), "", [], {}]) publisher.publish(empty);
    expect(valuesOf(carrier.frame())).toEqual([new Uint8Array(), "", [], {}]);
    expect(size(ivs(), 0)).toThrow(TypeError);
  });

  it("of 1024 bytes is the largest under ivs, whatever the bytes are", async () => {
    for (const fill of [0, 1, 3, 0xff]) {
      const own = new ManualCarrier();
      const publisher = make({ profile: ivs() });
      publisher.attach(own);
      const value = new Uint8Array(1024).fill(fill);
      const { sent } = publisher.publish(value);
      expect(own.frame().payloads).toEqual([value]);
      expect((await sent).outcome).toBe("sent");
    }
    expect(size(ivs(), 1025)).toThrow(expect.objectContaining({ code: "payload-too-large", limitBytes: 1024 }));
  });

  it("of 64 KiB encoded is the largest under inband, zeros included, and arrives whole", async () => {
    const publisher = make({ expiresAfterMs: 60_000 });
    publisher.attach(carrier);
    const { sent } = publisher.publish(new Uint8Array(65_533));
    const bodies = frames(90)
      .flatMap(messagesOf)
      .filter(({ flags }) => (flags & EnvelopeFlag.Heartbeat) === 0)
      .map(({ body }) => body.length);
    expect(bodies.reduce((sum, length) => sum + length, 0)).toBe(65_536);
    expect((await sent).outcome).toBe("sent");
    expect(size(inband(), 65_534)).toThrow(expect.objectContaining({ code: "payload-too-large", actualBytes: 65_537 }));
  });
});

describe("publishText and publishJson", () => {
  it("resolve with the receipt", async () => {
    const publisher = make();
    publisher.attach(carrier);
    const text = publisher.publishText("hello", { topic: "chat" });
    const json = publisher.publishJson({ a: 1 });
    expect(valuesOf(carrier.frame())).toEqual(["hello", { a: 1 }]);
    expect(await text).toMatchObject({ outcome: "sent", streams: [{ copies: 1 }] });
    expect(await json).toMatchObject({ outcome: "sent" });
  });

  it("write UTF-8 where the profile carries bytes, and what the readers of JSON profiles know", () => {
    for (const profile of [ivs(), raw(new Uint8Array(16))]) {
      const own = new ManualCarrier();
      const publisher = make({ profile });
      publisher.attach(own);
      void publisher.publishText("h\u00e9");
      void publisher.publishJson({ a: "\u00e9" });
      expect(textOf(own.frame())).toEqual(["h\u00e9", '{"a":"\u00e9"}']);
    }
    const stages = make({ profile: stagesSei() });
    stages.attach(carrier);
    void stages.publishText("h");
    void stages.publishJson({ a: 1 });
    expect(textOf(carrier.frame())).toEqual([
      '{"text":"h","timestamp":1000,"type":"text_content"}',
      '{"a":1,"timestamp":1000}',
    ]);
    const own = new ManualCarrier();
    const module = make({ profile: seiModule("CUSTOM_UUID00000") });
    module.attach(own);
    void module.publishJson({ inf: { count: 1 } });
    void module.publishJson({ inf: { count: 2 } });
    expect(textOf(own.frame())).toEqual([
      '{"ts":1000,"it":1000,"fc":0,"inf":{"count":1}}',
      '{"ts":1000,"it":1000,"fc":1,"inf":{"count":2}}',
    ]);
  });

  it("reject, and do not throw, with what publish throws", async () => {
    const publisher = make({ profile: ivs() });
    await expect(publisher.publishText("x".repeat(1025))).rejects.toThrow(PublishError);
    await expect(publisher.publishText("")).rejects.toThrow(TypeError);
    await expect(publisher.publishJson({ n: 1n })).rejects.toThrow("a bigint");
    await expect(publisher.publishText(1 as unknown as string)).rejects.toThrow("text");
    publisher.close();
    await expect(publisher.publishText("x")).rejects.toThrow(expect.objectContaining({ code: "closed" }));
  });
});

describe("a carrier", () => {
  it("that stalls lets messages expire, and goes on with what is fresh", async () => {
    const publisher = make();
    publisher.attach(carrier);
    frames(2);
    const stale = publisher.publish("stale");
    await vi.advanceTimersByTimeAsync(6000);
    expect((await stale.sent).outcome).toBe("expired");
    const fresh = publisher.publish("fresh");
    expect(frames(1).flatMap(valuesOf)[0]).toBe("fresh");
    expect((await fresh.sent).outcome).toBe("sent");
  });

  it("that is detached with half a message gone leaves the whole of it to the next", async () => {
    const publisher = make({ expiresAfterMs: 60_000 });
    const attached = publisher.attach(carrier);
    const { sent } = publisher.publish(new Uint8Array(20_000).fill(7));
    const [first] = frames(1);
    expect(first?.payloads.length).toBeGreaterThan(0);
    attached[Symbol.dispose]();
    const next = new ManualCarrier("next");
    publisher.attach(next);
    const indices: number[] = [];
    for (let index = 0; index < 10; index += 1) {
      indices.push(...messagesOf(next.frame()).map((envelope) => envelope.index));
    }
    expect(indices).toEqual(Array.from(indices, (_, index) => index));
    expect(indices.length).toBeGreaterThan(15);
    expect(await sent).toMatchObject({ outcome: "sent", streams: [{ carrier: "next", copies: 1 }] });
  });

  it("that comes and goes for long leaves nothing behind", () => {
    const publisher = make();
    publisher.publish("state", { topic: "t", retain: true });
    for (let index = 0; index < 200; index += 1) {
      const own = new ManualCarrier(`${index}`);
      const attached = publisher.attach(own);
      publisher.publish(index);
      own.frame({ isKeyFrame: true });
      attached[Symbol.dispose]();
      vi.advanceTimersByTime(100);
    }
    vi.advanceTimersByTime(10_000);
    expect(publisher.queueSize).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("the clock of the system", () => {
  it("may be set back or forth without a message that lives longer or shorter", async () => {
    for (const jumpMs of [-3_600_000, 3_600_000]) {
      const publisher = make();
      const { sent, id } = publisher.publish("x", { expiresAfterMs: 1000 });
      vi.setSystemTime(Date.now() + jumpMs);
      await vi.advanceTimersByTimeAsync(999);
      expect(publisher.queueSize).toBe(1);
      await vi.advanceTimersByTimeAsync(2);
      expect(await sent).toMatchObject({ id, outcome: "expired" });
    }
  });

  it("may be set back while messages leave: budgets and copies go on", () => {
    const publisher = make({ copies: 3 });
    publisher.attach(carrier);
    publisher.publish("x");
    const [first] = frames(1);
    vi.setSystemTime(Date.now() - 3_600_000);
    publisher.publish("y");
    expect([first, ...frames(3)].flatMap((frame) => (frame ? valuesOf(frame) : []))).toEqual([
      "x",
      "x",
      "y",
      "x",
      "y",
      "y",
    ]);
  });
});

describe("a restart", () => {
  it("is a new source that counts from 0", () => {
    const sources = [0, 1].map(() => {
      const own = new ManualCarrier();
      const publisher = make();
      publisher.attach(own);
      publisher.publish("x", { topic: "t" });
      const [envelope] = own.frame().payloads.map((payload) => decodeEnvelope(payload));
      expect(envelope?.sequence).toBe(0);
      publisher.close();
      return envelope?.source;
    });
    expect(sources[0]).not.toBe(sources[1]);
  });
});

describe("close", () => {
  it("with messages queued, half sent, retained and a heartbeat on its way leaves no message", async () => {
    const publisher = make({ copies: 3 });
    publisher.attach(carrier);
    publisher.publish("state", { retain: true });
    frames(60);
    const half = publisher.publish("half");
    const [frame] = frames(1);
    expect(frame && valuesOf(frame)).toContain("half");
    const queued = publisher.publish("queued");
    publisher.close();
    expect(await half.sent).toMatchObject({ outcome: "sent", streams: [{ copies: 1 }] });
    expect(await queued.sent).toMatchObject({ outcome: "dropped" });
    expect(publisher.stats()).toMatchObject({ retainedTopics: 0, queuedMessages: 0 });
    expect(valuesOf(carrier.frame({ isKeyFrame: true }))).toEqual([]);
    frames(60);
    expect(carrier.frame({ isKeyFrame: true }).nals).toEqual([]);
  });
});
