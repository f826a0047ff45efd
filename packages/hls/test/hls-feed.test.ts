import { hlsFeed } from "@inband/hls";
import { userData } from "@inband/rig/manual-feed";
import { SeiSubscriber } from "@inband/subscriber";
import { createMessageId, EnvelopeFlag } from "@inband/wire";
import { expect, it, onTestFinished, vi } from "vitest";

interface Sample {
  readonly pts: number;
  readonly payloadType?: number;
  readonly uuid?: string;
  readonly userDataBytes?: Uint8Array;
}

/** A player as far as a feed knows it, that parses what a test says. */
class ScriptedHls {
  readonly listeners = new Map<string, (event: string, data: unknown) => void>();

  on(event: string, listener: (event: string, data: unknown) => void): void {
    this.listeners.set(event, listener);
  }

  off(event: string, listener: (event: string, data: unknown) => void): void {
    if (this.listeners.get(event) === listener) this.listeners.delete(event);
  }

  parse(samples: readonly unknown[], frag: unknown = { type: "main", level: 2 }): void {
    this.emit("hlsFragParsingUserdata", { id: "main", frag, samples });
  }

  append(type: string, data: Uint8Array): void {
    this.emit("hlsBufferAppending", { type, data });
  }

  parsed(): void {
    this.emit("hlsFragParsed", { frag: {}, part: null });
  }

  emit(event: string, data: unknown): void {
    this.listeners.get(event)?.(event, data);
  }
}

function opened() {
  const hls = new ScriptedHls();
  const subscriber = new SeiSubscriber();
  const received: unknown[] = [];
  const errors: unknown[] = [];
  subscriber.on("message", ({ value, timestamp, stream }) => received.push({ value, timestamp, stream }));
  subscriber.on("error", (error) => errors.push(error));
  onTestFinished(() => subscriber.close());
  const attachment = subscriber.attach(hlsFeed(hls as never));
  return { hls, subscriber, received, errors, attachment };
}

let sequence = 0;
function sample(value: unknown, pts: number): Sample {
  sequence += 1;
  const [part] = userData(value, { id: createMessageId(), source: 1, sequence });
  const hex = [...(part?.uuid ?? [])].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const uuid = hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
  return { pts, payloadType: 5, uuid, userDataBytes: part?.payload ?? new Uint8Array() };
}

it("delivers the messages of a segment with their media time", () => {
  const { hls, received, errors } = opened();
  hls.parse([sample("a", 1.5), sample("b", 2)]);
  expect(received).toEqual([
    { value: "a", timestamp: 1_500_000, stream: "main 2" },
    { value: "b", timestamp: 2_000_000, stream: "main 2" },
  ]);
  expect(errors).toEqual([]);
});

it("brings no second message when a segment is loaded again, however much later", () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const { hls, received, subscriber } = opened();
  const segment = [sample("a", 1.5)];
  hls.parse(segment);
  vi.advanceTimersByTime(3_600_000);
  hls.parse(segment, { type: "main", level: 0 });
  expect(received).toHaveLength(1);
  expect(subscriber.stats().userData).toBe(1);
});

it("delivers without a time what hls.js gives none, each once although its segment is loaded again", () => {
  const { hls, received, errors, subscriber } = opened();
  const segment = [sample("a", 1), sample("b", Number.NaN), { ...sample("c", 0), pts: undefined }, sample("d", 2)];
  for (const level of [2, 2, 0]) hls.parse(segment, { type: "main", level, sn: 7 });
  expect(received).toEqual([
    { value: "a", timestamp: 1_000_000, stream: "main 2" },
    { value: "b", timestamp: undefined, stream: "main 2" },
    { value: "c", timestamp: undefined, stream: "main 2" },
    { value: "d", timestamp: 2_000_000, stream: "main 2" },
  ]);
  expect([errors, subscriber.stats().userData]).toEqual([[], 4]);
});

it("leaves out what is no user data and stands what is broken", () => {
  const { hls, received, errors } = opened();
  const good = sample("a", 1);
  hls.parse([
    { pts: 1, payloadType: 4, uuid: good.uuid, userDataBytes: good.userDataBytes },
    { pts: Number.NaN, payloadType: 5, uuid: good.uuid, userDataBytes: good.userDataBytes },
    { pts: 1, payloadType: 5, uuid: "no uuid", userDataBytes: good.userDataBytes },
    { pts: 1, payloadType: 5, uuid: good.uuid },
    { pts: 1 },
    good,
  ]);
  expect(received).toHaveLength(1);
  expect(errors).toEqual([]);
  hls.parse([null]);
  expect(errors).toHaveLength(1);
});

/** A box of MP4 (ISO/IEC 14496-12 4.2); its content in bytes, numbers of 32 bits, and boxes. */
function box(type: string, ...content: readonly (number | string | Uint8Array)[]): Uint8Array {
  const bytes = content.flatMap((each) => {
    if (typeof each === "string") return [...new TextEncoder().encode(each)];
    return typeof each === "number" ? [24, 16, 8, 0].map((shift) => (each >>> shift) & 0xff) : [...each];
  });
  const size = bytes.length + 8;
  return Uint8Array.from([
    size >>> 24,
    (size >>> 16) & 0xff,
    (size >>> 8) & 0xff,
    size & 0xff,
    ...new TextEncoder().encode(type),
    ...bytes,
  ]);
}
const track = (id: number, handler: string): Uint8Array =>
  box("trak", box("tkhd", 0, 0, 0, id), box("mdia", box("mdhd", 0), box("hdlr", 0, 0, handler)));
const fragment = (id: number, ...counts: readonly number[]): Uint8Array =>
  box("traf", box("tfhd", 0, id), ...counts.map((count) => box("trun", 0, count)));

it("counts the access units of a segment when all of it has been told of", () => {
  const { hls, subscriber, errors } = opened();
  hls.append("video", box("moov", track(1, "vide")));
  hls.append("audio", box("moof", fragment(1, 94)));
  hls.append(
    "video",
    Uint8Array.from([...box("moof", fragment(1, 40, 20)), ...box("mdat", "x"), ...box("moof", fragment(1, 5))]),
  );
  expect(subscriber.stats().accessUnits).toBe(0);
  hls.parsed();
  expect(subscriber.stats().accessUnits).toBe(65);
  hls.parsed();
  expect(subscriber.stats().accessUnits).toBe(65);
  expect(errors).toEqual([]);
});

it("counts those of the video alone in a segment that holds sound too", () => {
  const { hls, subscriber } = opened();
  const wide = box("trak", box("tkhd", 0x0100_0000, 0, 0, 0, 0, 7), box("mdia", box("hdlr", 0, 0, "vide")));
  hls.append("audiovideo", box("moov", track(1, "soun"), wide));
  hls.append("audiovideo", box("moof", fragment(1, 94), fragment(7, 60)));
  hls.parsed();
  expect(subscriber.stats().accessUnits).toBe(60);
});

it("stands segments that are broken", () => {
  const { hls, subscriber, errors } = opened();
  const good = box("moof", fragment(1, 3));
  for (let length = 0; length < good.length; length += 1) hls.append("video", good.subarray(0, length));
  for (let index = 0; index < good.length; index += 1) {
    for (const byte of [0, 1, 0x80, 0xff]) hls.append("video", good.with(index, byte));
  }
  hls.append(
    "audiovideo",
    Uint8Array.of(0, 0, 0, 1, ...new TextEncoder().encode("moov"), ...new Uint8Array(8).fill(0xff)),
  );
  expect(errors).toEqual([]);
  expect(subscriber.stats().userData).toBe(0);
});

it("says that messages are stripped when segments go on without them, and not before a segment has been told of", () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const { hls, subscriber } = opened();
  const stripped: unknown[] = [];
  subscriber.on("stripped", ({ reason }) => stripped.push(reason));
  const beat = (pts: number): Sample => {
    const header = { id: createMessageId(), source: 1, sequence: pts, flags: EnvelopeFlag.Heartbeat };
    const [part] = userData([], header);
    return { ...sample("", pts), userDataBytes: part?.payload ?? new Uint8Array() };
  };
  const segment = (index: number, hasMessages: boolean): void => {
    vi.advanceTimersByTime(12_000);
    hls.append("video", box("moof", fragment(1, 360)));
    if (hasMessages) hls.parse([beat(12 * index), beat(12 * index + 6)]);
    hls.parsed();
  };
  for (let index = 0; index < 5; index += 1) segment(index, true);
  expect(stripped).toEqual([]);
  for (let index = 5; index < 8; index += 1) segment(index, false);
  expect(stripped).toEqual(["heartbeats-stopped"]);
});

it("stops listening when it is detached, and refuses what is no player", () => {
  const { hls, attachment } = opened();
  attachment.close();
  expect(hls.listeners.size).toBe(0);
  expect(() => hlsFeed({} as never)).toThrow(TypeError);
});

it("tells of the end of a playlist, whose audio may end before, and that it is loaded again", () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const { hls, subscriber } = opened();
  const told: unknown[] = [];
  subscriber.on("stalled", ({ reason }) => told.push(reason));
  subscriber.on("ended", ({ reason, source }) => told.push([reason, source]));
  subscriber.on("resumed", ({ source }) => told.push(["resumed", source]));
  hls.parse([sample("a", 1.5)]);
  hls.append("video", box("moof", fragment(1, 30)));
  hls.parsed();
  vi.advanceTimersByTime(60_000);
  hls.emit("hlsBufferEos", { type: "audio" });
  expect(told).toEqual([]);
  hls.emit("hlsBufferEos", { type: "video" });
  hls.emit("hlsBufferEos", {});
  expect(told).toEqual([["end-of-media", undefined]]);
  vi.advanceTimersByTime(60_000);
  hls.append("video", box("moof", fragment(1, 30)));
  hls.parsed();
  hls.emit("hlsDestroying", undefined);
  expect(told).toEqual([
    ["end-of-media", undefined],
    ["resumed", undefined],
    ["connection-closed", undefined],
  ]);
});

it("refuses an option that there is not", () => {
  expect(() => hlsFeed({ on() {}, off() {} }, { nam: "hls" } as never)).toThrow(/^nam: no such option, expected name$/);
});
