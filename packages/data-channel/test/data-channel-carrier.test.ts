import { type DataChannelCarrierOptions, dataChannelCarrier } from "@inband/data-channel";
import { message, uuid } from "@inband/rig/message";
import { RecordedEvents } from "@inband/rig/recorded-events";
import { ScriptedChannel } from "@inband/rig/scripted-channel";
import type { CarrierLimits, OpenCarrier } from "@inband/stream";
import { describe, expect, it, onTestFinished, vi } from "vitest";

interface Opened {
  readonly channel: ScriptedChannel;
  readonly carrier: OpenCarrier;
  readonly events: RecordedEvents;
}

function opened(options: DataChannelCarrierOptions = {}, state = "open", limits?: CarrierLimits): Opened {
  const channel = new ScriptedChannel();
  channel.readyState = state;
  const events = new RecordedEvents();
  const made = dataChannelCarrier(channel, options);
  const carrier = made.open(events, limits ?? made.limits);
  onTestFinished(() => carrier[Symbol.dispose]());
  return { channel, carrier, events };
}

function outcomes({ events }: Opened): string[] {
  return events.reports.map(({ messageId, outcome }) => `${messageId} ${outcome}`);
}

describe("dataChannelCarrier", () => {
  it("sends each payload once, behind its UUID, and reports the message", () => {
    const opening = opened();
    opening.carrier.offer(message("a", { payloads: [Uint8Array.of("a".charCodeAt(0)), Uint8Array.of(7, 8)] }));
    expect(opening.channel.messages).toEqual([Uint8Array.of(...uuid, "a".charCodeAt(0)), Uint8Array.of(...uuid, 7, 8)]);
    expect(opening.events.reports).toEqual([
      { messageId: "a", outcome: "sent", streams: [{ stream: "scripted", copies: 1, bytes: 35, rtpTimestamps: [] }] },
    ]);
  });

  it("waits for the channel to open, then sends higher priority first", () => {
    const opening = opened({}, "connecting");
    for (const [id, priority] of [
      ["a", 1],
      ["b", 3],
      ["c", 1],
      ["d", 2],
    ] as const) {
      opening.carrier.offer(message(id, { priority }));
    }
    expect(opening.events.reports).toEqual([]);
    opening.channel.opens();
    expect(opening.channel.texts).toEqual(["b", "d", "a", "c"]);
  });

  it("keeps what the channel's buffer has no room for, and goes on when it drains", () => {
    const opening = opened({ maxBufferedBytes: 40 });
    expect(opening.channel.bufferedAmountLowThreshold).toBe(20);
    for (const id of ["a", "b", "c", "d", "e", "f"]) opening.carrier.offer(message(id));
    expect(opening.channel.texts).toEqual(["a", "b", "c"]);
    opening.channel.drains();
    expect(opening.channel.texts).toEqual(["a", "b", "c", "d", "e", "f"]);
    expect(outcomes(opening)).toEqual(["a sent", "b sent", "c sent", "d sent", "e sent", "f sent"]);
  });

  it("lets messages expire, says once that it is stalled, and goes on", () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const opening = opened({}, "connecting");
    opening.carrier.offer(message("short", { expiresAtMs: performance.timeOrigin + performance.now() + 3000 }));
    opening.carrier.offer(message("long"));
    vi.advanceTimersByTime(999);
    expect(opening.events.stalls).toBe(0);
    vi.advanceTimersByTime(4000);
    expect(opening.events.stalls).toBe(1);
    expect(outcomes(opening)).toEqual(["short expired"]);
    opening.channel.opens();
    expect(outcomes(opening)).toEqual(["short expired", "long sent"]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("spreads messages over the bytes of a second", () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const opening = opened({}, "open", { bytesPerAccessUnit: 4096, bytesPerSecond: 40 });
    for (const id of ["a", "b", "c", "d"]) opening.carrier.offer(message(id));
    expect(opening.channel.texts).toEqual(["a", "b"]);
    vi.advanceTimersByTime(900);
    expect(opening.channel.texts).toEqual(["a", "b"]);
    vi.advanceTimersByTime(200);
    expect(opening.channel.texts).toEqual(["a", "b", "c", "d"]);
  });

  it("drops what waits when the channel closes, and what comes after", () => {
    const opening = opened({}, "connecting");
    opening.carrier.offer(message("a"));
    opening.channel.closes();
    opening.carrier.offer(message("b"));
    expect(outcomes(opening)).toEqual(["a dropped", "b dropped"]);
  });

  it("reports what the channel throws, and goes on", () => {
    const opening = opened();
    opening.channel.fault = new Error("full");
    opening.carrier.offer(message("a"));
    opening.channel.fault = undefined;
    opening.carrier.offer(message("b"));
    expect(outcomes(opening)).toEqual(["a dropped", "b sent"]);
    expect(opening.events.errors.map(({ message }) => message)).toEqual(["full"]);
  });

  it("withdraws what has not left", () => {
    const opening = opened({}, "connecting");
    opening.carrier.offer(message("a"));
    opening.carrier.withdraw("a");
    opening.channel.opens();
    expect(opening.channel.texts).toEqual([]);
    expect(outcomes(opening)).toEqual(["a cancelled"]);
  });

  it("sends standing messages last and once, only the newest heartbeat, and reports none of them", () => {
    const opening = opened({}, "connecting");
    const never = Number.POSITIVE_INFINITY;
    for (const id of ["beat 1", "beat 2"]) {
      opening.carrier.offer(message(id, { standing: "heartbeat", priority: 3, expiresAtMs: never }));
    }
    opening.carrier.offer(message("kept", { standing: "retained", repeats: "before", expiresAtMs: never }));
    opening.carrier.offer(message("kept too", { standing: "retained", repeats: "a", expiresAtMs: never }));
    opening.carrier.offer(message("a", { priority: 0 }));
    opening.channel.opens();
    expect(opening.channel.texts).toEqual(["a", "beat 2", "kept"]);
    expect(outcomes(opening)).toEqual(["a sent"]);
  });

  it("neither stalls for a standing message nor reports it when the channel closes", () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const opening = opened({}, "connecting");
    opening.carrier.offer(message("beat", { standing: "heartbeat", expiresAtMs: Number.POSITIVE_INFINITY }));
    vi.advanceTimersByTime(5000);
    expect(opening.events.stalls).toBe(0);
    opening.channel.closes();
    opening.carrier.offer(message("beat 2", { standing: "heartbeat" }));
    expect(opening.events.reports).toEqual([]);
  });

  it("refuses anything but a channel, and options out of range", () => {
    expect(() => dataChannelCarrier({} as never)).toThrow(TypeError);
    expect(() => dataChannelCarrier(new ScriptedChannel(), { maxBufferedBytes: 0 })).toThrow(/maxBufferedBytes/);
  });
});
