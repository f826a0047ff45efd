import { dataChannelCarrier } from "@inband/data-channel";
import type { AccessUnit } from "@inband/h264";
import { SeiPublisher } from "@inband/publisher";
import { ManualCarrier, valuesOf } from "@inband/rig/manual-carrier";
import { told } from "@inband/rig/turn";
import { AccessUnitCarrier, CarrierPublishers } from "@inband/stream";
import { ivs } from "@inband/wire";
import { describe, expect, expectTypeOf, it } from "vitest";

/** As a caller without types writes it. */
// biome-ignore lint/suspicious/noExplicitAny: what a caller in JavaScript may pass
const untyped = (value: unknown): any => value;

class RTCRtpSender {
  getParameters(): object {
    return {};
  }
}

describe("a TypeError names what was expected", () => {
  it.each([
    [
      "a profile by its name",
      { profile: "ivs" },
      /^profile: expected a profile, as inband\(\).* makes one, got "ivs"$/,
    ],
    ["a profile that was not called", { profile: ivs }, /^profile: .*, got the function ivs; call it$/],
    ["several profiles", { profiles: [ivs()] }, /^profiles: no such option, expected profile, copies, /],
    ["a misspelt option", { queueSize: 5 }, /^queueSize: no such option, expected profile, /],
    ["a logger that is none", { logger: "debug" }, /^logger: expected a console, or false, got "debug"$/],
    ["a clock that is none", { now: 5 }, /^now: expected a function, got 5$/],
    ["a profile in place of options", ivs, /^options: expected an object, got the function ivs$/],
    [
      "another overflow",
      { overflow: "wait" },
      /^overflow: expected "reject", "drop-oldest" or "drop-lowest", got "wait"$/,
    ],
  ])("for %s", (_, options, message) => {
    const make = () => new SeiPublisher(untyped(options));
    expect(make).toThrow(TypeError);
    expect(make).toThrow(message);
  });

  it.each([
    ["a topic in place of options", "chat", /^options: expected an object, got "chat"$/],
    ["null", null, /^options: expected an object, got null$/],
    ["an option that there is not", { Topic: "chat" }, /^Topic: no such option, expected topic, timestamp, /],
    ["a topic that is no string", { topic: ["chat"] }, /^topic: expected a string, got an array$/],
    [
      "a signal that is none",
      { signal: new AbortController() },
      /^signal: expected an AbortSignal, got an AbortController$/,
    ],
  ])("for %s of a message", async (_, options, message) => {
    using publisher = new SeiPublisher();
    expect(() => publisher.publish(1, untyped(options))).toThrow(TypeError);
    expect(() => publisher.publish(1, untyped(options))).toThrow(message);
    await expect(publisher.publishText("1", untyped(options))).rejects.toThrow(message);
    expect(publisher.queueSize).toBe(0);
  });

  it("for a topic where the profile has none", () => {
    using publisher = new SeiPublisher({ profile: ivs() });
    const topic = /^topic: profile ivs has no topics$/;
    expect(() => publisher.publish(Uint8Array.of(1), { topic: "chat" })).toThrow(topic);
    expect(() => publisher.topic("chat").publish(Uint8Array.of(1))).toThrow(topic);
  });

  it.each([
    [
      "a sender",
      new RTCRtpSender(),
      /^carrier: expected a carrier, as .*browserCarrier\(sender\) makes one, got an RTCRtpSender$/,
    ],
    ["nothing", undefined, /^carrier: expected a carrier, .*, got undefined$/],
    [
      "a carrier without limits",
      { name: "x", open() {} },
      /^limits: expected bytesPerAccessUnit and bytesPerSecond, got undefined$/,
    ],
  ])("for %s in place of a carrier", (_, carrier, message) => {
    using publisher = new SeiPublisher();
    expect(() => publisher.attach(untyped(carrier))).toThrow(TypeError);
    expect(() => publisher.attach(untyped(carrier))).toThrow(message);
  });

  it("for an event that there is not", () => {
    using publisher = new SeiPublisher();
    for (const method of ["on", "once", "off"] as const) {
      const listen = () => publisher[method](untyped("sent"), () => {});
      expect(listen).toThrow(TypeError);
      expect(listen).toThrow(/^event: expected settled, keyFrameRequest, bitrate, stalled, error, got sent$/);
    }
  });

  it("for what is no data channel, and an option that a carrier of one does not have", () => {
    expect(() => dataChannelCarrier(untyped(undefined))).toThrow(
      /^channel: expected an RTCDataChannel, .*, got undefined$/,
    );
    expect(() => dataChannelCarrier(untyped("chat"))).toThrow(/^channel: expected .*, got "chat"$/);
    expect(() => dataChannelCarrier(untyped({}), untyped({ label: "x" }))).toThrow(
      /^label: no such option, expected name, /,
    );
  });
});

it.each([
  ["nothing", undefined, /^limits: expected bytesPerAccessUnit and bytesPerSecond, got undefined$/],
  [
    "no bytes a second",
    { bytesPerAccessUnit: 1 },
    /^limits.bytesPerSecond: expected a number of bytes, got undefined$/,
  ],
])("limits of %s are refused where a carrier is made, not where a frame is written", (_, limits, message) => {
  expect(() => new CarrierPublishers(untyped(limits))).toThrow(message);
});

it("limits that are no numbers are refused where the carrier is attached", () => {
  using publisher = new SeiPublisher();
  const limits = { bytesPerAccessUnit: Number.NaN, bytesPerSecond: 1 };
  const carrier = { name: "x", limits, open: () => expect.unreachable() };
  expect(() => publisher.attach(carrier)).toThrow(/^limits.bytesPerAccessUnit: expected a number of bytes, got NaN$/);
});

it("the types refuse what a message cannot carry, deep inside too, and take interfaces", () => {
  interface Caption {
    readonly text: string;
    readonly atMs?: number;
    readonly words: readonly { readonly word: string; readonly bytes: Uint8Array | null }[];
  }
  expectTypeOf<SeiPublisher<Caption>["publish"]>().parameter(0).toEqualTypeOf<Caption>();
  const taken = [new SeiPublisher<Caption>(), new SeiPublisher<string | bigint>(), new SeiPublisher({ copies: 1 })];
  // @ts-expect-error: a Date is not carried
  const refused = [new SeiPublisher<{ at: Date }>()];
  // @ts-expect-error: nor a Map inside an array
  refused.push(untyped(new SeiPublisher<{ list: Map<string, number>[] }>()));
  // @ts-expect-error: nor samples
  refused.push(untyped(new SeiPublisher<Float32Array>({ copies: 1 })));
  // @ts-expect-error: nor a function
  refused.push(untyped(new SeiPublisher<{ call(): void }>()));
  for (const publisher of [...taken, ...refused]) publisher.close();
});

it("members that are undefined are left out, as JSON does, under every way to publish", async () => {
  using publisher = new SeiPublisher({ copies: 1, heartbeat: false });
  const carrier = new ManualCarrier();
  publisher.attach(carrier);
  publisher.publish({ name: "Ada", nickname: undefined, list: [1, undefined] });
  const json = publisher.publishJson({ name: "Bob", nickname: undefined });
  expect(valuesOf(carrier.frame())).toEqual([{ name: "Ada", list: [1, null] }, { name: "Bob" }]);
  await json;
});

describe("a full queue", () => {
  it("names the limit that was met, in messages or in bytes", () => {
    using few = new SeiPublisher({ maxQueueMessages: 1 });
    few.publish("x");
    expect(() => few.publish("y")).toThrow(
      expect.objectContaining({ code: "queue-full", limitMessages: 1, limitBytes: undefined, actualBytes: undefined }),
    );
    expect(() => few.publish("y")).toThrow(/the queue holds 1 messages?$/);
    using small = new SeiPublisher({ maxQueueBytes: 150, overflow: "drop-lowest" });
    small.publish("x", { priority: 3 });
    expect(() => small.publish(new Uint8Array(100))).toThrow(
      expect.objectContaining({ code: "queue-full", limitBytes: 150, limitMessages: undefined, actualBytes: 138 }),
    );
  });
});

describe("a carrier of the application", () => {
  it.each([
    ["no streams", {}],
    ["streams that are none", { streams: "many" }],
    ["a stream that is none", { streams: [null, {}, { stream: "1", copies: 1, bytes: 2, rtpTimestamps: [] }] }],
  ])("that reports %s settles the message, and the publisher closes", async (_, report) => {
    const publisher = new SeiPublisher();
    const errors: string[] = [];
    publisher.on("error", ({ message }) => errors.push(message));
    publisher.attach({
      name: "own",
      limits: { bytesPerAccessUnit: 1, bytesPerSecond: 1 },
      open: (events) => ({
        offer({ id: messageId, standing }) {
          if (standing !== undefined) return;
          events.sent([untyped({ messageId, outcome: "sent", ...report })]);
        },
        withdraw() {},
        [Symbol.dispose]() {},
      }),
    });
    expect(await publisher.publish("x").sent).toMatchObject({ outcome: "sent" });
    await told();
    expect(errors).toEqual(["Carrier own reported streams that StreamReport does not describe"]);
    publisher.close();
  });

  it("that reports an outcome that there is not, or nothing at all, settles the message as dropped or not", async () => {
    using publisher = new SeiPublisher();
    const errors: string[] = [];
    publisher.on("error", ({ message }) => errors.push(message));
    publisher.attach({
      name: "own",
      limits: { bytesPerAccessUnit: 1, bytesPerSecond: 1 },
      open: (events) => ({
        offer({ id: messageId, standing }) {
          if (standing !== undefined) return;
          events.sent([untyped(undefined)]);
          events.sent([untyped({ messageId, outcome: "lost", streams: [] })]);
        },
        withdraw() {},
        [Symbol.dispose]() {},
      }),
    });
    expect(await publisher.publish("x").sent).toMatchObject({ outcome: "dropped" });
    await told();
    expect(errors).toEqual(["Carrier own reported an outcome that does not exist"]);
  });
});

describe("an own clock", () => {
  it.each([
    ["6 s behind the machine's", () => Date.now() - 6000],
    ["6 s ahead of it", () => Date.now() + 6000],
    ["an hour behind", () => Date.now() - 3_600_000],
  ])("%s changes nothing about what leaves", async (_, now) => {
    using publisher = new SeiPublisher({ now });
    const carried: AccessUnit[] = [];
    const carrier = new AccessUnitCarrier({ name: "own", send: (accessUnit) => carried.push(accessUnit) });
    publisher.attach(carrier);
    const { sent } = publisher.publish("hello", { copies: 1 });
    const picture = Uint8Array.of(0x65, 0x88, 1);
    carrier.write({ kind: "video", codec: "h264", nalUnits: [picture], timestamp: 0, isKeyFrame: true });
    expect(carried[0]?.nalUnits.length).toBeGreaterThan(1);
    expect(await sent).toMatchObject({ outcome: "sent" });
  });

  it("that is set back, or says NaN, lets messages expire in their time, and `publish` names it", async () => {
    let now = 1e12;
    using publisher = new SeiPublisher({ now: () => now });
    const back = publisher.publish(1, { expiresAfterMs: 20 });
    now -= 3_600_000;
    expect(await back.sent).toMatchObject({ outcome: "expired" });
    const unknown = publisher.publish(2, { expiresAfterMs: 20 });
    now = Number.NaN;
    expect(await unknown.sent).toMatchObject({ outcome: "expired" });
    expect(() => publisher.publish(3)).toThrow(new RangeError("now: expected milliseconds since 1970, got NaN"));
  });
});
