import { type AccessUnit, buildUserDataSei, joinAnnexB, joinAvcc, type MediaPacket } from "@inband/h264";
import { H264Payloader } from "@inband/h264/rtp";
import { Sender } from "@inband/rig/sender";
import { accessUnitFeed, pushBytes, SeiSubscriber } from "@inband/subscriber";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const slice = Uint8Array.of(0x65, 0x88, 0x84, 0x12);
const parameterSets = [Uint8Array.of(0x67, 0x42, 0xc0, 0x1e), Uint8Array.of(0x68, 0xce, 0x38, 0x80)];
let subscriber: SeiSubscriber;
let sender: Sender;
let errors: Error[];

beforeEach(() => {
  subscriber = new SeiSubscriber();
  sender = new Sender();
  errors = [];
  subscriber.on("error", (error) => errors.push(error));
});
afterEach(() => subscriber.close());

/** The NAL units of an access unit with a message in it. */
const withMessage = (value: unknown, topic?: string) => [
  ...parameterSets,
  ...sender.message(value, topic).map(buildUserDataSei),
  slice,
];

describe("pushBytes", () => {
  it("reads an Annex B access unit, and returns what it found", () => {
    const bytes = joinAnnexB(withMessage("hello", "chat"));
    const found = pushBytes(subscriber, bytes, { format: "annexb", timestamp: 40_000, isKeyFrame: true });
    expect(
      found.map(({ value, topic, timestamp, isKeyFrame, feed, stream }) => ({
        value,
        topic,
        timestamp,
        isKeyFrame,
        feed,
        stream,
      })),
    ).toEqual([{ value: "hello", topic: "chat", timestamp: 40_000, isKeyFrame: true, feed: "push", stream: "push" }]);
    expect(pushBytes(subscriber, bytes, { format: "annexb" })).toEqual([]);
    expect(subscriber.stats()).toMatchObject({ accessUnits: 2, messages: 1, duplicates: 1 });
  });

  it("gives the messages to listeners and readers as well", async () => {
    const heard: unknown[] = [];
    subscriber.on("message", ({ value }) => heard.push(value));
    const reader = subscriber.messages()[Symbol.asyncIterator]();
    pushBytes(subscriber, joinAnnexB(withMessage(1)), { format: "annexb" });
    expect(heard).toEqual([1]);
    expect((await reader.next()).value?.value).toBe(1);
  });

  it("reads AVCC with lengths of every size", () => {
    for (const lengthSize of [1, 2, 4] as const) {
      const bytes = joinAvcc(withMessage(lengthSize), lengthSize);
      const found = pushBytes(subscriber, bytes, { format: "avcc", lengthSize, rtpTimestamp: 90_000 });
      expect(found.map(({ value, rtpTimestamp }) => [value, rtpTimestamp])).toEqual([[lengthSize, 90_000]]);
    }
  });

  it("reads a byte stream in chunks of any size", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1 }), (sizes) => {
        using each = new SeiSubscriber();
        const bytes = joinAnnexB([...withMessage("a"), ...withMessage("b"), ...withMessage("c")]);
        const values: unknown[] = [];
        for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
          const size = sizes[turn % sizes.length] ?? 1;
          const found = pushBytes(each, bytes.subarray(at, at + size), { format: "annexb", unit: "stream" });
          values.push(...found.map(({ value }) => value));
          at += size;
        }
        expect(values).toEqual(["a", "b", "c"]);
        expect(each.stats().accessUnits).toBeGreaterThanOrEqual(2);
      }),
      { numRuns: 60 },
    );
  });

  it("reads RTP payloads in any order, SEI in fragments too", () => {
    const parts = sender.message(new Uint8Array(3000).fill(0x41)).map(buildUserDataSei);
    const payloader = new H264Payloader({ maxPayloadBytes: 400 });
    let sequenceNumber = 65_530;
    const packets = parts.flatMap((sei, index) =>
      payloader.payloads([sei, slice]).map(({ payload }) => {
        sequenceNumber = (sequenceNumber + 1) & 0xffff;
        return { payload, sequenceNumber, rtpTimestamp: 3000 * index };
      }),
    );
    const values = packets
      .toReversed()
      .flatMap(({ payload, ...position }) => pushBytes(subscriber, payload, { format: "rtp", ...position }))
      .map(({ value }) => value);
    expect(values).toEqual([new Uint8Array(3000).fill(0x41)]);
  });

  it("does not hold the bytes of the application", () => {
    const [sei] = sender.message(new Uint8Array(600).fill(0x41)).map(buildUserDataSei);
    const payloads = new H264Payloader({ maxPayloadBytes: 300 }).payloads([sei ?? slice]);
    const found = payloads.flatMap(({ payload }, sequenceNumber) => {
      // The slice of a Buffer is a view.
      const bytes = globalThis.Buffer ? Buffer.from(payload) : payload.slice();
      const messages = pushBytes(subscriber, bytes, { format: "rtp", sequenceNumber, rtpTimestamp: 1 });
      bytes.fill(0);
      return messages;
    });
    expect(found).toHaveLength(1);
  });

  it("keeps streams apart", () => {
    const bytes = joinAnnexB(withMessage("x"));
    const options = { format: "annexb", unit: "stream" } as const;
    expect(pushBytes(subscriber, bytes.subarray(0, 30), { ...options, stream: "a" })).toEqual([]);
    expect(pushBytes(subscriber, bytes, { ...options, stream: "b" }).map(({ stream }) => stream)).toEqual(["b"]);
    expect(pushBytes(subscriber, bytes.subarray(30), { ...options, stream: "a" })).toEqual([]);
    expect(subscriber.stats()).toMatchObject({ messages: 1, duplicates: 1 });
  });

  it("takes any bytes without throwing, and says what is broken", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        for (const format of ["annexb", "avcc"] as const) pushBytes(subscriber, bytes, { format });
        pushBytes(subscriber, bytes, { format: "annexb", unit: "stream" });
        pushBytes(subscriber, bytes, { format: "rtp", sequenceNumber: 1, rtpTimestamp: 1 });
      }),
    );
    pushBytes(subscriber, Uint8Array.of(0, 0, 1, 0, 6), { format: "avcc" });
    expect(errors[0]).toMatchObject({ name: "H264Error", code: "truncated" });
  });

  it("refuses options by name, and a closed subscriber", () => {
    const bytes = new Uint8Array(4);
    const refuse = (options: object, name: string) =>
      expect(() => pushBytes(subscriber, bytes, options as never)).toThrow(name);
    refuse({ format: "mp4" }, "format");
    refuse({ format: "toString" }, "format");
    refuse({ format: "avcc", unit: "stream" }, "unit");
    refuse({ format: "avcc", lengthSize: 3 }, "lengthSize");
    refuse({ format: "rtp", sequenceNumber: 1 }, "rtpTimestamp");
    refuse({ format: "rtp", rtpTimestamp: 1, sequenceNumber: 65_536 }, "sequenceNumber");
    expect(() => pushBytes(subscriber, "bytes" as never, { format: "annexb" })).toThrow("bytes");
    subscriber.close();
    expect(() => pushBytes(subscriber, bytes, { format: "annexb" })).toThrow("closed");
  });
});

describe("accessUnitFeed", () => {
  const accessUnit = (value: unknown, timestamp: number): AccessUnit => ({
    kind: "video",
    codec: "h264",
    nalUnits: withMessage(value),
    timestamp,
    isKeyFrame: true,
  });

  it("reads the messages of access units, by media time, and passes over audio", async () => {
    async function* packets(): AsyncGenerator<MediaPacket> {
      yield accessUnit("a", 1_000_000);
      yield { kind: "audio", codec: "opus", data: new Uint8Array(3), timestamp: 1_010_000 };
      yield accessUnit("b", 1_040_000);
    }
    const messages = subscriber.messages()[Symbol.asyncIterator]();
    subscriber.attach(accessUnitFeed(packets(), { name: "file", stream: "camera" }));
    expect((await messages.next()).value).toMatchObject({
      value: "a",
      timestamp: 1_000_000,
      feed: "file",
      stream: "camera",
    });
    expect((await messages.next()).value).toMatchObject({ value: "b", timestamp: 1_040_000, isKeyFrame: true });
    expect(subscriber.stats().accessUnits).toBe(2);
  });

  it("ends the reading when it is detached", async () => {
    let isReturned = false;
    const packets: AsyncIterable<MediaPacket> = {
      [Symbol.asyncIterator]: () => ({
        next: async () => ({ done: false, value: accessUnit("x", 0) }),
        return: async () => {
          isReturned = true;
          return { done: true, value: undefined };
        },
      }),
    };
    const messages = subscriber.messages()[Symbol.asyncIterator]();
    const attachment = subscriber.attach(accessUnitFeed(packets));
    await messages.next();
    attachment.close();
    expect(isReturned).toBe(true);
  });

  it("says what went wrong with the source", async () => {
    // biome-ignore lint/correctness/useYield: it fails before there is anything to yield
    async function* packets(): AsyncGenerator<MediaPacket> {
      throw new Error("no such file");
    }
    const failed = new Promise<Error>((resolve) => subscriber.once("error", resolve));
    subscriber.attach(accessUnitFeed(packets()));
    expect((await failed).message).toBe("no such file");
  });

  it("says what it expects of packets that are of another shape", async () => {
    async function* packets() {
      yield { kind: "video", data: Uint8Array.of(0x65), timestamp: 0, isKeyFrame: true } as never;
    }
    using subscriber = new SeiSubscriber();
    const failed = new Promise<Error>((resolve) => subscriber.on("error", resolve));
    subscriber.attach(accessUnitFeed(packets()));
    expect((await failed).message).toMatch(/^packets: expected access units with nalUnits, .*, got undefined$/);
  });

  it("refuses what is no async iterable", () => {
    expect(() => accessUnitFeed([] as never)).toThrow("packets");
  });
});
