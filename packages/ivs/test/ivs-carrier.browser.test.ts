import { IvsCarrierError, type IvsCarrierOptions, ivsCarrier, ivsCarrierLimits } from "@inband/ivs";
import { useFakeClock } from "@inband/rig/fake-clock";
import { type MessageOptions, message } from "@inband/rig/message";
import { LocalStageStream } from "@inband/rig/page/ivs-sdk";
import { PublishedStream, type PublishedStreamOptions } from "@inband/rig/page/ivs-stream";
import { RecordedEvents } from "@inband/rig/recorded-events";
import type { OpenCarrier } from "@inband/stream";
import { ivs } from "@inband/wire";
import fc from "fast-check";
import { describe, expect, it, onTestFinished, vi } from "vitest";

const { uuid } = ivs();
const of = (id: string, options: MessageOptions = {}) => message(id, { uuid, copies: 3, ...options });
const inMs = (ms: number) => performance.timeOrigin + performance.now() + ms;
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

interface Opened {
  readonly published: PublishedStream;
  readonly carrier: OpenCarrier;
  readonly events: RecordedEvents;
  readonly outcomes: () => string[];
}

/** A carrier that knows by now whether frames flow. */
async function opened(options: PublishedStreamOptions = {}, carrierOptions: IvsCarrierOptions = {}): Promise<Opened> {
  const published = new PublishedStream(options);
  const events = new RecordedEvents();
  const made = ivsCarrier(published.stream, carrierOptions);
  const carrier = made.open(events, made.limits);
  onTestFinished(() => carrier[Symbol.dispose]());
  await pass(500);
  return {
    published,
    carrier,
    events,
    outcomes: () => events.reports.map(({ messageId, outcome }) => `${messageId} ${outcome}`),
  };
}

/** What the SDK writes where it does not take a message. */
function refusals(): string[] {
  const warnings: string[] = [];
  const spy = vi.spyOn(console, "warn").mockImplementation((text) => void warnings.push(String(text)));
  onTestFinished(() => spy.mockRestore());
  return warnings;
}

useFakeClock();

describe("ivsCarrier, over a real LocalStageStream", () => {
  it("hands a message over at once, with its copies, and says that it left when so many frames have", async () => {
    const { published, carrier, events } = await opened();
    carrier.offer(of("a"));
    await pass(0);
    expect(published.taken).toMatchObject([{ text: "a", copies: 3 }]);
    // 25 frames a second: three copies take 120 ms.
    await pass(150);
    expect(events.reports).toEqual([]);
    await pass(350);
    expect(events.reports).toEqual([
      { messageId: "a", outcome: "sent", streams: [{ stream: "110", copies: 3, bytes: 57, rtpTimestamps: [] }] },
    ]);
  });

  it("names the layers of simulcast that are sent, and those alone", async () => {
    const { carrier, events } = await opened({ layers: 3 });
    carrier.offer(of("a"));
    await pass(600);
    expect(events.reports[0]?.streams.map(({ stream }) => stream)).toEqual(["110"]);
  });

  it("holds messages back while no stage publishes the stream, where the SDK would lose them without a word", async () => {
    const { published, carrier, events, outcomes } = await opened({ isPublished: false });
    carrier.offer(of("short", { expiresAtMs: inMs(2000) }));
    carrier.offer(of("long"));
    await pass(3000);
    expect(events.stalls).toBe(1);
    expect(outcomes()).toEqual(["short expired"]);
    published.publish();
    await pass(2000);
    expect(published.texts).toEqual(["long"]);
    expect(outcomes()).toEqual(["short expired", "long sent"]);
  });

  it("holds messages back while no frames flow, where the SDK would send all of them late", async () => {
    const { published, carrier, events, outcomes } = await opened();
    published.framesPerSecond = 0;
    await pass(4000);
    carrier.offer(of("stale", { expiresAtMs: inMs(3000) }));
    await pass(3500);
    expect(outcomes()).toEqual(["stale expired"]);
    expect(events.stalls).toBe(1);
    published.framesPerSecond = 25;
    carrier.offer(of("fresh"));
    await pass(1500);
    expect(published.texts).toEqual(["fresh"]);
  });

  it("does not call sent what was handed over when the frames stopped", async () => {
    const { published, carrier, outcomes } = await opened();
    published.framesPerSecond = 0;
    carrier.offer(of("a", { expiresAtMs: inMs(3000) }));
    await pass(0);
    expect(published.texts).toEqual(["a"]);
    await pass(2900);
    expect(outcomes()).toEqual([]);
    await pass(500);
    expect(outcomes()).toEqual(["a expired"]);
  });

  it("does not call sent what was on its way when the stage left, and goes on when it is back", async () => {
    const { published, carrier, outcomes } = await opened();
    carrier.offer(of("a"));
    await pass(0);
    published.unpublish();
    await pass(500);
    expect(outcomes()).toEqual(["a dropped"]);
    published.publish();
    carrier.offer(of("b"));
    await pass(2000);
    expect(outcomes()).toEqual(["a dropped", "b sent"]);
  });

  it("takes what waits in the order of priority, and cancels it, but not what was handed over", async () => {
    const { published, carrier, outcomes } = await opened({ isPublished: false });
    for (const [id, priority] of [
      ["a", 1],
      ["b", 3],
      ["c", 2],
    ] as const) {
      carrier.offer(of(id, { priority }));
    }
    carrier.withdraw("c");
    published.publish();
    await pass(1300);
    expect(published.texts).toEqual(["b", "a"]);
    carrier.withdraw("a");
    await pass(1000);
    expect(outcomes()).toEqual(["c cancelled", "b sent", "a sent"]);
  });

  it("gives all of a burst one copy before it gives any of it a second", async () => {
    const { published, carrier } = await opened();
    for (let index = 0; index < 8; index += 1) carrier.offer(of(`${index}`, { payloads: [new Uint8Array(1000)] }));
    await pass(200);
    expect(published.taken.map(({ copies }) => copies)).toEqual([3, 1, 1, 1, 1, 1, 1, 1]);
  });

  it("sends no heartbeat but the newest, and what is retained again after each key frame", async () => {
    const { published, carrier, events } = await opened({ isPublished: false });
    carrier.offer(of("beat 1", { standing: "heartbeat" }));
    carrier.offer(of("beat 2", { standing: "heartbeat" }));
    carrier.offer(
      of("state retained", { standing: "retained", repeats: "state", expiresAtMs: Number.POSITIVE_INFINITY }),
    );
    carrier.offer(of("state"));
    published.publish();
    await pass(1300);
    expect(published.taken).toMatchObject([
      { text: "state", copies: 3 },
      { text: "beat 2", copies: 1 },
    ]);
    published.keyFrames += 1;
    await pass(1300);
    expect(published.taken.slice(2)).toMatchObject([{ text: "state retained", copies: 1 }]);
    carrier.withdraw("state retained");
    published.keyFrames += 1;
    await pass(1300);
    expect(published.taken).toHaveLength(3);
    expect(events.reports.map(({ messageId }) => messageId)).toEqual(["state"]);
  });
});

describe("ivsCarrier keeps the limits of the SDK", () => {
  it("whatever is offered, beside what the application inserts by itself", async () => {
    refusals();
    const step = fc.record({
      bytes: fc.oneof(fc.integer({ min: 1, max: 1024 }), fc.constant(1024)),
      copies: fc.oneof(fc.integer({ min: 1, max: 31 }), fc.constant(1)),
      isOwn: fc.integer({ min: 0, max: 9 }).map((share) => share > 0),
      afterMs: fc.constantFrom(0, 0, 0, 1, 7, 40, 300, 999, 1000, 1001),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 40 }), async (steps) => {
        const { published, carrier, events } = await opened();
        let id = 0;
        for (const { bytes, copies, isOwn, afterMs } of steps) {
          const text = (isOwn ? "own" : "application").padEnd(bytes, ".").slice(0, bytes);
          const payload = new TextEncoder().encode(text);
          if (isOwn) carrier.offer(of(`${id++}`, { copies, payloads: [payload], expiresAtMs: inMs(3000) }));
          else await published.stream.insertSeiMessage(payload.buffer, { repeatCount: copies - 1 });
          await pass(afterMs);
        }
        await pass(3500);
        carrier[Symbol.dispose]();
        expect(events.errors).toEqual([]);
        const own = published.taken.filter(({ text }) => text.startsWith("o"));
        for (const { atMs: endMs } of own) {
          const second = own.filter(({ atMs }) => atMs > endMs - 1000 && atMs <= endMs);
          const bytes = second.reduce((sum, { text, copies }) => sum + text.length * copies, 0);
          expect(bytes).toBeLessThanOrEqual(ivsCarrierLimits.bytesPerSecond);
        }
      }),
      { numRuns: 10 },
    );
  });

  it("refuses a payload that the SDK does not take, with an error that names the message", async () => {
    const warnings = refusals();
    const { published, carrier, events, outcomes } = await opened();
    carrier.offer(of("large", { payloads: [new Uint8Array(1025)] }));
    carrier.offer(of("empty", { payloads: [new Uint8Array(0)] }));
    carrier.offer(of("fits", { payloads: [new Uint8Array(1024)] }));
    await pass(0);
    expect(published.taken).toHaveLength(1);
    expect(outcomes()).toEqual(["large dropped", "empty dropped"]);
    expect(events.errors).toMatchObject([
      { code: "payload-size", messageId: "large", message: expect.stringContaining("1025 bytes") },
      { code: "payload-size", messageId: "empty" },
    ]);
    expect(warnings).toEqual([]);
  });

  it("says once that messages under another UUID cannot leave", async () => {
    const { published, carrier, events, outcomes } = await opened();
    carrier.offer(message("a"));
    carrier.offer(message("b"));
    expect(outcomes()).toEqual(["a dropped", "b dropped"]);
    expect(events.errors).toMatchObject([{ code: "other-uuid", message: expect.stringContaining("ivs()") }]);
    expect(published.taken).toEqual([]);
  });

  it("tells as an error what the SDK only warns of", async () => {
    const warnings = refusals();
    const { published, carrier, events, outcomes } = await opened();
    // As a later SDK may do whose limits are lower.
    published.stream.mediaConfig.inBandMessaging.enabled = false;
    carrier.offer(of("a"));
    await pass(0);
    expect(warnings).toHaveLength(1);
    expect(outcomes()).toEqual(["a dropped"]);
    expect(events.errors[0]).toBeInstanceOf(IvsCarrierError);
    expect(events.errors).toMatchObject([{ code: "refused", messageId: "a" }]);
  });

  it("shares them between the publishers of a stream", async () => {
    const warnings = refusals();
    const { published, carrier } = await opened();
    const made = ivsCarrier(published.stream);
    const second = made.open(new RecordedEvents(), made.limits);
    onTestFinished(() => second[Symbol.dispose]());
    await pass(300);
    for (let index = 0; index < 12; index += 1) {
      for (const each of [carrier, second]) each.offer(of(`${index}`, { copies: 1, payloads: [new Uint8Array(1024)] }));
    }
    await pass(900);
    expect(published.taken).toHaveLength(10);
    await pass(3000);
    expect(published.taken).toHaveLength(24);
    expect(warnings).toEqual([]);
  });
});

describe("ivsCarrier says why messages cannot leave", () => {
  it("on a track that has ended: they are dropped at once", async () => {
    const { published, carrier, events, outcomes } = await opened();
    published.framesPerSecond = 0;
    await pass(3000);
    carrier.offer(of("waits"));
    published.track.stop();
    await pass(300);
    carrier.offer(of("comes later"));
    expect(outcomes()).toEqual(["waits dropped", "comes later dropped"]);
    expect(events.errors).toMatchObject([{ code: "track-ended" }]);
  });

  it("in another codec", async () => {
    const { published, carrier, events } = await opened();
    published.mimeType = "video/VP8";
    await pass(1000);
    carrier.offer(of("a"));
    await pass(1500);
    expect(published.taken).toEqual([]);
    expect(events.errors).toMatchObject([{ code: "no-h264", offered: ["video/VP8"] }]);
  });

  it("on a stream that another one has replaced", async () => {
    const { published, carrier, events } = await opened();
    published.fault = new DOMException("There is no sender for the track", "InvalidAccessError");
    await pass(1000);
    carrier.offer(of("a"));
    await pass(1500);
    published.fault = undefined;
    await pass(500);
    expect(events.errors).toEqual([]);
    published.fault = new DOMException("There is no sender for the track", "InvalidAccessError");
    await pass(5000);
    expect(events.errors).toMatchObject([{ code: "not-sent", cause: published.fault }]);
  });
});

describe("ivsCarrier refuses", () => {
  const stream = (options: object | undefined) => {
    const { track } = new PublishedStream();
    return new LocalStageStream(track, options as never);
  };

  it.each([
    ["no stream", () => undefined, /^stream: expected a LocalStageStream of the Amazon IVS SDK, got undefined$/],
    ["a track", () => new PublishedStream().track, /^stream: expected a LocalStageStream/],
    ["a stream without messaging", () => stream(undefined), /inBandMessaging: \{ enabled: true \}/],
    [
      "the stream of an audio track",
      () => new LocalStageStream(new AudioContext().createMediaStreamDestination().stream.getAudioTracks()[0] as never),
      /audio track/,
    ],
  ])("%s", (_what, make, expected) => {
    expect(() => ivsCarrier(make() as never)).toThrow(TypeError);
    expect(() => ivsCarrier(make() as never)).toThrow(expected);
  });

  it("limits above those of the SDK, and options that there are not", () => {
    const { stream } = new PublishedStream();
    const limits = { ...ivsCarrierLimits, bytesPerSecond: 20_000 };
    expect(() => ivsCarrier(stream, { limits })).toThrow(/^limits.bytesPerSecond: the SDK takes 10240, got 20000$/);
    expect(() => ivsCarrier(stream, { copies: 3 } as never)).toThrow(/^copies: no such option/);
  });
});
