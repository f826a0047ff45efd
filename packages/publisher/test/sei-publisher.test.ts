import { PublishError, type Receipt } from "@inband/publisher";
import { useFakeClock } from "@inband/rig/fake-clock";
import { ManualCarrier, messagesOf, valuesOf } from "@inband/rig/manual-carrier";
import { testPublisher } from "@inband/rig/test-publisher";
import { told } from "@inband/rig/turn";
import type { SeiCarrier } from "@inband/stream";
import { inband, ivs, messageIdTimeMs } from "@inband/wire";
import { beforeEach, describe, expect, it, vi } from "vitest";

let carrier: ManualCarrier;

useFakeClock({ microtasks: true });

beforeEach(() => {
  carrier = new ManualCarrier();
});

const make = testPublisher;

/** What a promise has settled to, without waiting. */
async function now<T>(promise: Promise<T>): Promise<T | "pending"> {
  return Promise.race([promise, Promise.resolve().then(() => Promise.resolve("pending" as const))]);
}

describe("publish", () => {
  it("returns at once, and its receipt says which access units carried the message", async () => {
    const publisher = make();
    publisher.attach(carrier);
    const { id, sent } = publisher.publish({ text: "hello" }, { topic: "chat" });
    expect(messageIdTimeMs(id)).toBe(1_000_000);
    expect(publisher.queueSize).toBe(1);
    expect(carrier.frames(4).map(valuesOf)).toEqual([
      [{ text: "hello" }],
      [{ text: "hello" }],
      [{ text: "hello" }],
      [],
    ]);
    expect(await sent).toMatchObject({
      id,
      outcome: "sent",
      streams: [{ carrier: "manual", stream: "1", copies: 3, rtpTimestamps: [1000, 4000, 7000] }],
    });
    expect(publisher.queueSize).toBe(0);
    expect(publisher.stats()).toMatchObject({ published: 1, sent: 1, copies: 3, queuedBytes: 0 });
  });

  it("counts sequence numbers by topic, and not those that were refused", () => {
    const publisher = make({ copies: 1 });
    publisher.attach(carrier);
    publisher.publish(1, { topic: "a" });
    expect(() => publisher.publish(() => 1, { topic: "a" })).toThrow(TypeError);
    expect(() => publisher.publish("x".repeat(70_000), { topic: "a" })).toThrow(PublishError);
    publisher.publish(2, { topic: "a" });
    publisher.publish(3);
    const envelopes = messagesOf(carrier.frame());
    expect(envelopes.map(({ topic, sequence }) => [topic, sequence])).toEqual([
      ["a", 0],
      ["a", 1],
      [undefined, 0],
    ]);
    expect(new Set(envelopes.map(({ source }) => source)).size).toBe(1);
  });

  it("takes the value as it is now", () => {
    const publisher = make();
    publisher.attach(carrier);
    const value = { text: "before" };
    publisher.publish(value);
    value.text = "after";
    expect(valuesOf(carrier.frame())).toEqual([{ text: "before" }]);
  });

  it("refuses what is too large, with its size", () => {
    const publisher = make();
    expect(() => publisher.publish(new Uint8Array(65_534))).toThrow(
      expect.objectContaining({
        name: "PublishError",
        code: "payload-too-large",
        limitBytes: 65_536,
        actualBytes: 65_537,
      }),
    );
    expect(publisher.queueSize).toBe(0);
  });

  it("carries 64 KiB in fragments within the budgets, and whole before it expires", async () => {
    const publisher = make({ copies: 1 });
    publisher.attach(carrier);
    const { sent } = publisher.publish(new Uint8Array(65_533).fill(7));
    const bytes: number[] = [];
    for (let index = 0; index < 60; index += 1) {
      bytes.push(carrier.frame().nals.reduce((sum, nal) => sum + nal.length, 0));
      await vi.advanceTimersByTimeAsync(33);
    }
    expect(Math.max(...bytes)).toBeLessThanOrEqual(4096);
    expect(await now(sent)).toMatchObject({ outcome: "sent", streams: [{ copies: 1 }] });
  });

  it("names the option that is wrong", () => {
    const publisher = make();
    expect(() => publisher.publish(1, { copies: 0 })).toThrow("copies");
    expect(() => publisher.publish(1, { copies: 32 })).toThrow(RangeError);
    expect(() => publisher.publish(1, { priority: 4 as 3 })).toThrow("priority");
    expect(() => publisher.publish(1, { expiresAfterMs: 0 })).toThrow("expiresAfterMs");
    expect(() => publisher.publish(1, { timestamp: Number.NaN })).toThrow("timestamp");
    expect(() => publisher.publish(1, { topic: 1 as unknown as string })).toThrow("topic");
    expect(() => make({ copies: 1.5 })).toThrow("copies");
    expect(() => make({ overflow: "wait" as "reject" })).toThrow("overflow");
    expect(() => make({ maxQueueMessages: 0 })).toThrow("maxQueueMessages");
    expect(() => make({ profile: ivs(), keyFrameCopies: 1 })).toThrow("keyFrameCopies");
  });

  it("makes the same bytes of the same clock and the same random numbers", () => {
    const bytes = Array.from({ length: 2 }, () => {
      const own = new ManualCarrier();
      const publisher = make({ now: () => 5, random: (target) => target.fill(0x5a) });
      publisher.attach(own);
      publisher.publish("x");
      return own.frame().nals;
    });
    expect(bytes[0]).toEqual(bytes[1]);
  });
});

describe("without a carrier", () => {
  it("a message waits, and one that is attached later carries it", async () => {
    const publisher = make({ copies: 1 });
    const { sent } = publisher.publish("early");
    await vi.advanceTimersByTimeAsync(4000);
    publisher.attach(carrier);
    expect(valuesOf(carrier.frame())).toEqual(["early"]);
    expect((await sent).outcome).toBe("sent");
  });

  it("a message expires", async () => {
    const publisher = make();
    const { sent } = publisher.publish("never", { expiresAfterMs: 100 });
    await vi.advanceTimersByTimeAsync(99);
    expect(await now(sent)).toBe("pending");
    await vi.advanceTimersByTimeAsync(1);
    expect(await now(sent)).toMatchObject({ outcome: "expired", streams: [] });
    publisher.attach(carrier);
    expect(valuesOf(carrier.frame())).toEqual([]);
  });

  it("for long, nothing grows", () => {
    const publisher = make();
    for (let index = 0; index < 3000; index += 1) {
      publisher.publish(index);
      expect(publisher.queueSize).toBeLessThanOrEqual(256);
      vi.advanceTimersByTime(20);
    }
    vi.advanceTimersByTime(6000);
    expect(publisher.stats()).toMatchObject({ published: 3000, expired: 3000, queuedMessages: 0, queuedBytes: 0 });
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("a full queue", () => {
  it("refuses the next message by default", () => {
    const publisher = make({ maxQueueMessages: 2 });
    publisher.publish(1);
    publisher.publish(2);
    expect(() => publisher.publish(3)).toThrow(expect.objectContaining({ name: "PublishError", code: "queue-full" }));
    expect(publisher.queueSize).toBe(2);
  });

  it("is full of bytes too", () => {
    const publisher = make({ maxQueueBytes: 1000 });
    publisher.publish(new Uint8Array(600));
    expect(() => publisher.publish(new Uint8Array(600))).toThrow(expect.objectContaining({ code: "queue-full" }));
    expect(() => make({ maxQueueBytes: 100, overflow: "drop-oldest" }).publish(new Uint8Array(600))).toThrow(
      expect.objectContaining({ code: "queue-full" }),
    );
  });

  it("drops the oldest when told to", async () => {
    const publisher = make({ maxQueueMessages: 2, overflow: "drop-oldest", copies: 1 });
    publisher.attach(carrier);
    const { sent } = publisher.publish(1, { priority: 3 });
    publisher.publish(2);
    publisher.publish(3);
    expect(await now(sent)).toMatchObject({ outcome: "dropped" });
    expect(publisher.queueSize).toBe(2);
    expect(valuesOf(carrier.frame())).toEqual([2, 3]);
  });

  it("drops the oldest of the lowest priority when told to, but none above the new one", async () => {
    const publisher = make({ maxQueueMessages: 3, overflow: "drop-lowest" });
    publisher.publish("high", { priority: 3 });
    const low = publisher.publish("low", { priority: 0 });
    const middle = publisher.publish("middle", { priority: 1 });
    publisher.publish("new", { priority: 1 });
    expect(await now(low.sent)).toMatchObject({ outcome: "dropped" });
    expect(() => publisher.publish("lower", { priority: 0 })).toThrow(expect.objectContaining({ code: "queue-full" }));
    publisher.publish("newer", { priority: 2 });
    expect(await now(middle.sent)).toMatchObject({ outcome: "dropped" });
  });

  it("has room again as soon as messages leave", () => {
    const publisher = make({ maxQueueMessages: 1, copies: 1 });
    publisher.attach(carrier);
    for (let index = 0; index < 10; index += 1) {
      publisher.publish(index);
      carrier.frame();
    }
    expect(publisher.stats().sent).toBe(10);
  });
});

describe("giving up", () => {
  it("a message that waits is cancelled and leaves no more", async () => {
    const publisher = make();
    publisher.attach(carrier);
    const { sent, cancel } = publisher.publish("x");
    cancel();
    cancel();
    expect(await sent).toMatchObject({ outcome: "cancelled" });
    expect(valuesOf(carrier.frame())).toEqual([]);
  });

  it("a message of which a copy has left was sent", async () => {
    const publisher = make();
    publisher.attach(carrier);
    const { sent, cancel } = publisher.publish("x");
    carrier.frame();
    cancel();
    expect(await sent).toMatchObject({ outcome: "sent", streams: [{ copies: 1 }] });
    expect(valuesOf(carrier.frame())).toEqual([]);
  });

  it("takes back the copies for key frames too", async () => {
    const publisher = make({ copies: 1 });
    publisher.attach(carrier);
    const { sent, cancel } = publisher.publish("x");
    carrier.frame();
    expect((await sent).outcome).toBe("sent");
    cancel();
    expect(valuesOf(carrier.frame({ isKeyFrame: true }))).toEqual([]);
  });

  it("by a signal works before, during and after", async () => {
    const publisher = make({ copies: 1 });
    publisher.attach(carrier);
    const reason = new Error("enough");
    expect(() => publisher.publish("x", { signal: AbortSignal.abort(reason) })).toThrow(reason);

    const during = new AbortController();
    const waiting = publisher.publish("during", { signal: during.signal });
    during.abort();
    expect(await waiting.sent).toMatchObject({ outcome: "cancelled" });
    expect(valuesOf(carrier.frame())).toEqual([]);

    const after = new AbortController();
    const removed = vi.spyOn(after.signal, "removeEventListener");
    const left = publisher.publish("after", { signal: after.signal });
    carrier.frame();
    expect(await left.sent).toMatchObject({ outcome: "sent" });
    after.abort();
    expect(valuesOf(carrier.frame({ isKeyFrame: true }))).toEqual([]);
    expect(removed).toHaveBeenCalledOnce();
    expect(publisher.stats()).toMatchObject({ published: 2, sent: 1, cancelled: 1 });
  });

  it.each([
    ["inband", inband(), "x"],
    ["ivs", ivs(), Uint8Array.of(1)],
  ])(
    "by a signal stops what a stream that appears or goes on later would carry, under the profile %s",
    async (_, profile, value) => {
      const publisher = make({ copies: 1, profile, heartbeat: false });
      publisher.attach(carrier);
      carrier.frame({ stream: "stands still" });
      await vi.advanceTimersByTimeAsync(1500);
      const abort = new AbortController();
      const { sent } = publisher.publish(value, { signal: abort.signal });
      carrier.frame({ stream: "flows" });
      expect(await sent).toMatchObject({ outcome: "sent" });
      abort.abort();
      expect(carrier.frame({ stream: "stands still" }).nals).toEqual([]);
      expect(carrier.frame({ stream: "new" }).nals).toEqual([]);
    },
  );

  it("by a signal lets go of the signal when the message has expired, and of the oldest of very many before", async () => {
    const publisher = make({ copies: 1, expiresAfterMs: 60_000 });
    publisher.attach(carrier);
    const { signal } = new AbortController();
    const removed = vi.spyOn(signal, "removeEventListener");
    for (let count = 0; count < 1100; count += 1) {
      publisher.publish(count, { signal });
      carrier.frame();
      await vi.advanceTimersByTimeAsync(20);
    }
    expect(removed.mock.calls.length).toBeGreaterThan(0);
    expect(removed.mock.calls.length).toBeLessThan(100);
    await vi.advanceTimersByTimeAsync(62_000);
    expect(removed).toHaveBeenCalledTimes(1100);
    publisher.publish("closed", { signal });
    publisher.close();
    expect(removed).toHaveBeenCalledTimes(1101);
  });

  it("everything at once", () => {
    const publisher = make();
    publisher.attach(carrier);
    publisher.publish(1);
    publisher.publish(2);
    publisher.clear();
    expect(publisher.queueSize).toBe(0);
    expect(publisher.stats().cancelled).toBe(2);
    expect(valuesOf(carrier.frame())).toEqual([]);
  });
});

describe("carriers", () => {
  it("all carry a message, and one receipt names them", async () => {
    const other = new ManualCarrier("other");
    const publisher = make({ copies: 1 });
    publisher.attach(carrier);
    publisher.attach(other);
    const { sent } = publisher.publish("x");
    carrier.frame();
    expect(await now(sent)).toBe("pending");
    other.frame();
    expect((await sent).streams.map(({ carrier }) => carrier)).toEqual(["manual", "other"]);
  });

  it("that are attached later carry what was sent in the order of publishing, with its age", async () => {
    const publisher = make({ copies: 1, keyFrameCopies: 0, heartbeat: false });
    publisher.attach(carrier);
    const large = publisher.publish("large".repeat(800));
    const small = publisher.publish("small");
    while ((await now(large.sent)) === "pending") carrier.frame();
    expect(await small.sent).toMatchObject({ outcome: "sent" });
    vi.advanceTimersByTime(1000);
    const waiting = publisher.publish("waiting");
    const late = new ManualCarrier("late", { bytesPerAccessUnit: 20_000, bytesPerSecond: 65_536 });
    publisher.attach(late);
    const carried = messagesOf(late.frame());
    expect([...new Set(carried.map(({ sequence }) => sequence))]).toEqual([0, 1, 2]);
    expect(carried.map(({ id, age }) => [id === waiting.id, age])).toEqual(
      carried.map(({ sequence }) => (sequence === 2 ? [true, 0] : [false, 90_000])),
    );
  });

  it("that are attached after a message was sent carry it too while it has not expired", async () => {
    const publisher = make({ copies: 1 });
    publisher.attach(carrier);
    publisher.publish("x");
    carrier.frame();
    const late = new ManualCarrier("late");
    publisher.attach(late);
    expect(valuesOf(late.frame())).toEqual(["x"]);
  });

  it("that are detached leave a message to those that come", async () => {
    const publisher = make({ copies: 1 });
    const attached = publisher.attach(carrier);
    const { sent } = publisher.publish("x");
    attached[Symbol.dispose]();
    attached[Symbol.dispose]();
    expect(await now(sent)).toBe("pending");
    const next = new ManualCarrier("next");
    publisher.attach(next);
    next.frame();
    expect(await sent).toMatchObject({ outcome: "sent", streams: [{ carrier: "next" }] });
  });

  it("that are detached after a copy left have sent it", async () => {
    const publisher = make();
    const attached = publisher.attach(carrier);
    const { sent } = publisher.publish("x");
    carrier.frame();
    attached[Symbol.dispose]();
    expect(await sent).toMatchObject({ outcome: "sent", streams: [{ copies: 1 }] });
  });

  it("are attached once", () => {
    const publisher = make();
    publisher.attach(carrier)[Symbol.dispose]();
    publisher.attach(carrier);
    expect(() => publisher.attach(carrier)).toThrow(TypeError);
    expect(carrier.opened).toBe(2);
  });

  it("that throw lose nothing but their own copies", async () => {
    const broken: SeiCarrier = {
      name: "broken",
      limits: carrier.limits,
      open: () => ({
        offer: () => {
          throw new Error("offer");
        },
        withdraw: () => {
          throw new Error("withdraw");
        },
        [Symbol.dispose]: () => {
          throw new Error("dispose");
        },
      }),
    };
    const publisher = make({ copies: 1, heartbeat: false });
    const errors: string[] = [];
    publisher.on("error", ({ message }) => errors.push(message));
    const attached = publisher.attach(broken);
    publisher.attach(carrier);
    const { sent } = publisher.publish("x");
    carrier.frame();
    expect(await sent).toMatchObject({ outcome: "sent", streams: [{ carrier: "manual" }] });
    publisher.publish("y").cancel();
    attached[Symbol.dispose]();
    await told();
    expect(errors).toEqual(["offer", "offer", "withdraw", "dispose"]);
  });

  it("that never report do not hold the queue for ever", async () => {
    const silent: SeiCarrier = {
      name: "silent",
      limits: carrier.limits,
      open: () => ({ offer: () => {}, withdraw: () => {}, [Symbol.dispose]: () => {} }),
    };
    const publisher = make({ heartbeat: false });
    publisher.attach(silent);
    const { sent } = publisher.publish("x");
    await vi.advanceTimersByTimeAsync(20_000);
    expect(await now(sent)).toMatchObject({ outcome: "expired" });
    expect(vi.getTimerCount()).toBe(0);
  });

  it("pass on what they learn of the link", async () => {
    const publisher = make({ heartbeat: false });
    const heard: unknown[] = [];
    publisher.on("keyFrameRequest", (event) => heard.push(event));
    publisher.on("bitrate", (event) => heard.push(event));
    publisher.on("stalled", (event) => heard.push(event));
    publisher.attach(carrier);
    carrier.events?.keyFrameRequest();
    carrier.events?.bitrate(300_000);
    publisher.publish("x");
    vi.advanceTimersByTime(1000);
    await told();
    expect(heard).toEqual([
      { carrier: "manual" },
      { carrier: "manual", bitsPerSecond: 300_000 },
      { carrier: "manual" },
    ]);
  });
});

describe("profile ivs", () => {
  it("sends every message in a NAL unit of its own and at most 10240 bytes a second", () => {
    const publisher = make({ profile: ivs(), copies: 1 });
    publisher.attach(carrier);
    for (let index = 0; index < 30; index += 1) publisher.publish(new Uint8Array(1000).fill(index + 1));
    let bytes = 0;
    let nals = 0;
    for (let index = 0; index < 30; index += 1) {
      const carried = carrier.frame();
      expect(carried.payloads.length).toBe(carried.nals.length);
      bytes += carried.nals.reduce((sum, nal) => sum + nal.length, 0);
      nals += carried.nals.length;
      vi.advanceTimersByTime(33);
    }
    expect(nals).toBe(10);
    expect(bytes).toBeLessThanOrEqual(10_240);
  });

  it("does not send a message again to a carrier that comes later: without an id it would be another", async () => {
    const publisher = make({ profile: ivs(), copies: 1 });
    publisher.attach(carrier);
    publisher.publish(Uint8Array.of(1));
    carrier.frame();
    const late = new ManualCarrier("late");
    publisher.attach(late);
    expect(late.frame().payloads).toEqual([]);
  });
});

describe("listeners", () => {
  it("that throw stop nobody, and are reported", async () => {
    const publisher = make({ copies: 1 });
    const receipts: Receipt[] = [];
    const errors: Error[] = [];
    publisher.on("error", (error) => errors.push(error));
    publisher.on("error", () => {
      throw new Error("even here");
    });
    publisher.on("settled", () => {
      throw new Error("my fault");
    });
    publisher.on("settled", (receipt) => receipts.push(receipt));
    publisher.attach(carrier);
    const { sent } = publisher.publish("x");
    carrier.frame();
    expect((await sent).outcome).toBe("sent");
    await told();
    expect(receipts).toHaveLength(1);
    expect(errors.map(({ message }) => message)).toEqual(["my fault"]);
  });

  it("hear once, or no more", async () => {
    const publisher = make({ copies: 1 });
    publisher.attach(carrier);
    const heard: string[] = [];
    const taken = (): void => void heard.push("taken back");
    publisher.once("settled", () => heard.push("once"));
    publisher.on("settled", taken).off("settled", taken);
    for (let index = 0; index < 2; index += 1) {
      publisher.publish(index);
      carrier.frame();
    }
    await told();
    expect(heard).toEqual(["once"]);
  });

  it("may publish", async () => {
    const publisher = make({ copies: 1 });
    publisher.attach(carrier);
    publisher.once("settled", () => publisher.publish("second"));
    publisher.publish("first");
    const first = valuesOf(carrier.frame());
    await told();
    expect([...first, ...valuesOf(carrier.frame())]).toEqual(["first", "second"]);
  });
});

describe("close", () => {
  it("gives up what waits and refuses what comes", async () => {
    const publisher = make();
    publisher.attach(carrier);
    const waiting = publisher.publish("x");
    const begun = publisher.publish("y");
    publisher.close();
    publisher.close();
    expect(await waiting.sent).toMatchObject({ outcome: "dropped" });
    expect(await begun.sent).toMatchObject({ outcome: "dropped" });
    expect(() => publisher.publish("z")).toThrow(expect.objectContaining({ code: "closed" }));
    expect(() => publisher.attach(carrier)).toThrow(expect.objectContaining({ code: "closed" }));
    expect(valuesOf(carrier.frame())).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });
});
