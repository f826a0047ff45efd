import { parseSei } from "@inband/h264";
import { useFakeClock } from "@inband/rig/fake-clock";
import { payloadsOf } from "@inband/rig/manual-carrier";
import { type MessageOptions, message as made } from "@inband/rig/message";
import { RecordedEvents } from "@inband/rig/recorded-events";
import { endOfTurn } from "@inband/rig/turn";
import { CarrierPublishers, type Message, type MessagePayload, type OpenCarrier } from "@inband/stream";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

const limits = { bytesPerAccessUnit: 4096, bytesPerSecond: 65_536 };

interface Options extends MessageOptions {
  readonly bytes?: number;
  readonly fill?: number;
}

/** A message of one payload, with three copies, that expires after 5 s. */
function message(id: string, { bytes = 20, fill = 0x55, ...options }: Options = {}): Message {
  const payloads = [new Uint8Array(bytes).fill(fill)];
  return made(id, { copies: 3, expiresAtMs: Date.now() + 5000, payloads, ...options });
}

/** A message of several payloads whose first byte is their index. */
function fragments(id: string, count: number, { bytes = 1000, ...options }: Options = {}): Message {
  const payloads = Array.from({ length: count }, (_, index) => {
    const payload = new Uint8Array(bytes).fill(0x55);
    payload[0] = index;
    return payload;
  });
  return message(id, { payloads, ...options });
}

/** A message of one payload or several whose second byte is its number. */
function numbered(number: number, { parts = 1, ...options }: Options & { parts?: number } = {}): Message {
  const numbering = parts === 1 ? message(`${number}`, options) : fragments(`${number}`, parts, options);
  for (const { bytes } of numbering.payloads) bytes[1] = number;
  return numbering;
}

/** The numbers of the messages that an access unit carried. */
function numbersOf(payloads: readonly Uint8Array[]): number[] {
  return [...new Set(payloads.map((payload) => payload[1] as number))];
}

let events: RecordedEvents;
let publishers: CarrierPublishers;
let carrier: OpenCarrier;
let rtpTimestamp: number;

useFakeClock({ microtasks: true });

beforeEach(() => {
  rtpTimestamp = 0;
  open();
});

afterEach(() => {
  publishers.close();
});

function open(given = limits): void {
  events = new RecordedEvents();
  publishers = new CarrierPublishers(given);
  carrier = publishers.open(events);
}

/** One access unit leaves; its payloads. */
function frame(options: { stream?: string; isKeyFrame?: boolean; timestamp?: number } = {}): Uint8Array[] {
  const { stream: name = "1", ...rest } = options;
  const stream = publishers.stream(name);
  const nals = stream.take({ rtpTimestamp, isKeyFrame: false, ...rest });
  stream.commit();
  endOfTurn();
  rtpTimestamp = (rtpTimestamp + 3000) >>> 0;
  return payloadsOf(nals);
}

describe("ages", () => {
  const hoursMs = 7 * 3_600_000;
  const day = { ageOffset: 0, copies: 1, keyFrameCopies: 1, expiresAtMs: 1_000_000 + 24 * 3_600_000 };
  const ageOf = ([payload]: readonly Uint8Array[]): number =>
    new DataView(Uint8Array.from(payload ?? []).buffer).getUint32(0);

  it("stop before they would speak of a frame to come, where the key frame is hours behind the message", () => {
    carrier.offer(message("a", day));
    expect(ageOf(frame())).toBe(0);
    vi.advanceTimersByTime(hoursMs);
    rtpTimestamp = hoursMs * 90;
    expect(ageOf(frame({ isKeyFrame: true }))).toBe(0x7fff_ffff);
  });

  it("stop there too where a message that names its frame waits for hours", () => {
    carrier.offer(message("a", { ...day, timestamp: 5_000_000 }));
    vi.advanceTimersByTime(hoursMs);
    expect(ageOf(frame({ timestamp: 5_000_000 + hoursMs * 1000 }))).toBe(0x7fff_ffff);
  });
});

describe("copies", () => {
  it("ride consecutive access units, and the message is reported with the last", () => {
    carrier.offer(message("a"));
    expect([frame().length, frame().length]).toEqual([1, 1]);
    expect(events.reports).toEqual([]);
    expect([frame().length, frame().length]).toEqual([1, 0]);
    expect(events.reports).toEqual([
      {
        messageId: "a",
        outcome: "sent",
        streams: [{ stream: "1", copies: 3, bytes: 38 * 3, rtpTimestamps: [0, 3000, 6000] }],
      },
    ]);
  });

  it("are not spent on an access unit that did not leave", () => {
    carrier.offer(message("a", { copies: 1 }));
    const stream = publishers.stream("1");
    expect(stream.take({ rtpTimestamp: 0, isKeyFrame: false })).toHaveLength(1);
    stream.rollback();
    expect(stream.take({ rtpTimestamp: 1, isKeyFrame: false })).toHaveLength(1);
    expect(stream.take({ rtpTimestamp: 2, isKeyFrame: false })).toHaveLength(1);
    expect(events.reports).toEqual([]);
    stream.commit();
    stream.commit();
    endOfTurn();
    expect(events.reports).toMatchObject([{ streams: [{ copies: 1, rtpTimestamps: [2] }] }]);
  });

  it("ride each of the next two key frames beside that, and do not delay the report", () => {
    carrier.offer(message("a", { copies: 2, keyFrameCopies: 2 }));
    expect(frame({ isKeyFrame: true })).toHaveLength(1);
    expect(frame()).toHaveLength(1);
    expect(events.reports).toHaveLength(1);
    expect(frame()).toHaveLength(0);
    expect(frame({ isKeyFrame: true })).toHaveLength(1);
    expect(frame()).toHaveLength(0);
    expect(frame({ isKeyFrame: true })).toHaveLength(1);
    expect(frame({ isKeyFrame: true })).toHaveLength(0);
    expect(events.reports).toMatchObject([{ streams: [{ copies: 2 }] }]);
  });

  it("ride no key frame after the message expired", () => {
    carrier.offer(message("a", { copies: 1, keyFrameCopies: 2 }));
    frame();
    vi.advanceTimersByTime(5000);
    expect(frame({ isKeyFrame: true })).toHaveLength(0);
  });

  it("meet on a key frame in the order of publishing: the newest that its budget has room for", () => {
    for (let index = 0; index < 40; index += 1) {
      const sent = message(`${index}`, { bytes: 250, copies: 1, keyFrameCopies: 2 });
      (sent.payloads[0] as MessagePayload).bytes[0] = index;
      carrier.offer(sent);
      frame();
      vi.advanceTimersByTime(50);
    }
    const first = frame({ isKeyFrame: true }).map((payload) => payload[0]);
    expect(first.length).toBeGreaterThan(13);
    expect(first).toEqual(Array.from(first, (_, index) => 40 - first.length + index));
  });

  it("meet on a key frame in the order of publishing, whatever their sizes, priorities and the copies that they are", () => {
    carrier.offer(numbered(0, { priority: 0, keyFrameCopies: 1 }));
    carrier.offer(numbered(1, { parts: 5, copies: 1, keyFrameCopies: 1, bytes: 300 }));
    carrier.offer(numbered(2, { bytes: 900, keyFrameCopies: 1 }));
    carrier.offer(numbered(3, { priority: 3, keyFrameCopies: 1 }));
    for (let index = 0; index < 5; index += 1) frame();
    carrier.offer(numbered(4, { priority: 0 }));
    frame();
    carrier.offer(numbered(5, { priority: 2 }));
    frame();
    carrier.offer(numbered(6, { bytes: 100 }));
    expect(numbersOf(frame({ isKeyFrame: true }))).toEqual([0, 1, 2, 3, 4, 5, 6]);
  });

  it("of higher priority have their turn first on a key frame that has not room for all", () => {
    for (let index = 0; index < 40; index += 1) {
      carrier.offer(numbered(index, { bytes: 250, copies: 1, keyFrameCopies: 1, priority: index % 10 === 0 ? 2 : 1 }));
      frame();
      vi.advanceTimersByTime(50);
    }
    const carried = numbersOf(frame({ isKeyFrame: true }));
    expect(carried).toEqual(carried.toSorted((a, b) => a - b));
    expect(carried.slice(0, 3)).toEqual([0, 10, 20]);
    expect(carried.length).toBeGreaterThan(13);
  });

  it("of a message without an id all leave within the time they are told", () => {
    carrier.offer(message("a", { copies: 31, withinMs: 1000 }));
    let carried = 0;
    for (let index = 0; index < 31; index += 1) {
      carried += frame().length;
      vi.advanceTimersByTime(100);
    }
    expect(carried).toBe(10);
    expect(events.reports).toMatchObject([{ outcome: "sent", streams: [{ copies: 10 }] }]);
    expect(frame({ stream: "late" })).toHaveLength(0);
  });

  it("of a message without an id leave within that time of media too, where a file is sent faster than it plays", () => {
    carrier.offer(message("a", { copies: 31, withinMs: 1000 }));
    let carried = 0;
    for (let index = 0; index < 31; index += 1) {
      carried += frame().length;
      rtpTimestamp = (rtpTimestamp + 6000) >>> 0;
    }
    expect(carried).toBe(11);
    expect(events.reports).toMatchObject([{ outcome: "sent", streams: [{ copies: 11 }] }]);
  });
});

describe("fragments", () => {
  it("interleave: a whole copy goes before the next one begins", () => {
    carrier.offer(fragments("a", 10, { copies: 2 }));
    const carried: (number | undefined)[] = [];
    for (let index = 0; index < 12; index += 1) carried.push(...frame().map((payload) => payload[0]));
    const once = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
    expect(carried).toEqual([...once, ...once]);
    expect(events.reports).toMatchObject([{ outcome: "sent", streams: [{ copies: 2 }] }]);
  });

  it("let smaller messages pass", () => {
    carrier.offer(fragments("large", 40, { copies: 1 }));
    frame();
    carrier.offer(message("small", { bytes: 21, copies: 1 }));
    expect(frame().some(({ length }) => length === 21)).toBe(true);
  });

  it("of several large messages complete one message after the other", () => {
    for (const id of ["a", "b", "c"]) carrier.offer(fragments(id, 12, { copies: 1 }));
    for (let index = 0; index < 12; index += 1) frame();
    expect(events.reports.map(({ messageId }) => messageId)).toEqual(["a", "b", "c"]);
  });
});

describe("budgets", () => {
  it("hold for every access unit and every second, whatever is offered", () => {
    const options = fc.record({
      bytes: fc.nat(1200),
      fill: fc.constantFrom(0, 0x55),
      copies: fc.integer({ min: 1, max: 5 }),
      keyFrameCopies: fc.nat(2),
      priority: fc.constantFrom(0, 1, 2, 3),
      alone: fc.boolean(),
    });
    fc.assert(
      fc.property(
        fc.array(options, { maxLength: 60 }),
        fc.integer({ min: 1500, max: 20_000 }),
        (messages, bytesPerSecond) => {
          publishers.close();
          open({ bytesPerAccessUnit: 4096, bytesPerSecond });
          for (const [index, each] of messages.entries()) carrier.offer(message(`${index}`, each as Options));
          const stream = publishers.stream("1");
          const left: [number, number][] = [];
          for (let index = 0; index < 90; index += 1) {
            const nals = stream.take({ rtpTimestamp: index * 3000, isKeyFrame: index % 30 === 0 });
            stream.commit();
            const bytes = nals.reduce((sum, nal) => sum + nal.length, 0);
            expect(bytes).toBeLessThanOrEqual(4096);
            left.push([Date.now(), bytes]);
            const second = left.filter(([atMs]) => Date.now() - atMs < 1000).reduce((sum, [, size]) => sum + size, 0);
            expect(second).toBeLessThanOrEqual(bytesPerSecond);
            vi.advanceTimersByTime(33);
          }
        },
      ),
      { numRuns: 25 },
    );
  });

  it("go to higher priorities first, and among equals to the oldest", () => {
    for (const [index, priority] of ([0, 1, 3, 3, 2] as const).entries()) {
      const sent = message(`${index}`, { bytes: 1500, copies: 1, priority });
      (sent.payloads[0] as MessagePayload).bytes[0] = index;
      carrier.offer(sent);
    }
    const order = [frame(), frame(), frame()].map((payloads) => payloads.map((payload) => payload[0]));
    expect(order).toEqual([[2, 3], [1, 4], [0]]);
  });
});

describe("a tight budget", () => {
  it("goes to first copies before further ones, so that everything leaves once in time", () => {
    publishers.close();
    open({ bytesPerAccessUnit: 300, bytesPerSecond: 65_536 });
    const order: (number | undefined)[] = [];
    for (let index = 0; index < 3; index += 1) {
      const sent = message(`${index}`, { bytes: 200, copies: 2 });
      (sent.payloads[0] as MessagePayload).bytes[0] = index;
      carrier.offer(sent);
      order.push(...frame().map((payload) => payload[0]));
    }
    for (let index = 0; index < 3; index += 1) order.push(...frame().map((payload) => payload[0]));
    expect(order).toEqual([0, 1, 2, 0, 1, 2]);
  });
});

describe("NAL units", () => {
  it("are shared by messages up to what fits one RTP packet", () => {
    for (let index = 0; index < 30; index += 1) carrier.offer(message(`${index}`, { bytes: 100, fill: 0, copies: 1 }));
    const nals = publishers.stream("1").take({ rtpTimestamp: 0, isKeyFrame: false });
    for (const nal of nals) expect(nal.length).toBeLessThanOrEqual(1100);
    expect(nals.length).toBeLessThan(7);
    expect(payloadsOf(nals).length).toBeGreaterThan(20);
  });

  it("are not shared where the readers see only the first message", () => {
    for (let index = 0; index < 5; index += 1) carrier.offer(message(`${index}`, { alone: true }));
    const nals = publishers.stream("1").take({ rtpTimestamp: 0, isKeyFrame: false });
    expect(nals.map((nal) => parseSei(nal).length)).toEqual([1, 1, 1, 1, 1]);
  });

  it("are one shared empty list when nothing waits", () => {
    const stream = publishers.stream("1");
    const idle = stream.take({ rtpTimestamp: 0, isKeyFrame: false });
    stream.commit();
    expect(idle).toEqual([]);
    expect(stream.take({ rtpTimestamp: 1, isKeyFrame: true })).toBe(idle);
  });
});

describe("age", () => {
  const ages = (payloads: Uint8Array[]) =>
    payloads.map((payload) => new DataView(payload.buffer, payload.byteOffset).getUint32(4));

  it("counts from the access unit of the first copy, over the wrap of the RTP timestamp", () => {
    rtpTimestamp = 0xffff_ffff - 2000;
    const sent = message("a", { ageOffset: 4, keyFrameCopies: 1 });
    carrier.offer(sent);
    expect([...ages(frame()), ...ages(frame()), ...ages(frame())]).toEqual([0, 3000, 6000]);
    frame();
    expect(ages(frame({ isKeyFrame: true }))).toEqual([12_000]);
    expect(sent.payloads[0]?.bytes).toEqual(new Uint8Array(20).fill(0x55));
  });

  it("does not count from an access unit that did not leave", () => {
    carrier.offer(message("a", { ageOffset: 4 }));
    const stream = publishers.stream("1");
    stream.take({ rtpTimestamp: 0, isKeyFrame: false });
    stream.rollback();
    rtpTimestamp = 3000;
    expect([...ages(frame()), ...ages(frame())]).toEqual([0, 3000]);
  });

  it("counts from the access unit that the message speaks of where that is known", () => {
    carrier.offer(message("a", { ageOffset: 4, timestamp: 1_000_000, copies: 2 }));
    const early = ages(frame({ timestamp: 1_300_000 }));
    const late = ages(frame({ timestamp: 1_333_333 }));
    expect([...early, ...late]).toEqual([27_000, 30_000]);
  });

  it("counts from the first copy on another stream for one that appears later", () => {
    const aged = message("a", { bytes: 8, ageOffset: 4, copies: 1 });
    carrier.offer(aged);
    frame({ stream: "low" });
    vi.advanceTimersByTime(2000);
    for (const stream of ["high", "third"]) {
      const [payload] = frame({ stream });
      expect(new DataView((payload as Uint8Array).slice().buffer).getUint32(4)).toBe(180_000);
    }
  });

  it("is negative modulo 2^32 for an access unit to come", () => {
    carrier.offer(message("a", { ageOffset: 4, timestamp: 2_000_000, copies: 1 }));
    expect(ages(frame({ timestamp: 1_000_000 }))).toEqual([2 ** 32 - 90_000]);
  });

  it("is the same for all fragments of an access unit, and counts on over the next", () => {
    carrier.offer(fragments("a", 6, { ageOffset: 4, copies: 1 }));
    expect([...ages(frame()), ...ages(frame())]).toEqual([0, 0, 0, 0, 3000, 3000]);
  });
});

describe("streams", () => {
  it("that are gone do not stay for ever: of more than 32 the one that has been silent for longest goes", () => {
    const first = publishers.stream("0");
    frame({ stream: "0" });
    const layers = ["low", "middle", "high"].map((name) => publishers.stream(name));
    for (let renegotiation = 1; renegotiation <= 100; renegotiation += 1) {
      vi.advanceTimersByTime(1000);
      for (const stream of ["low", "middle", "high", `${renegotiation}`]) frame({ stream });
    }
    expect(["low", "middle", "high"].map((name) => publishers.stream(name))).toEqual(layers);
    expect(publishers.stream("0")).not.toBe(first);
    carrier.offer(message("a", { copies: 1 }));
    for (const stream of ["low", "middle", "high"]) expect(frame({ stream })).toHaveLength(1);
    vi.advanceTimersByTime(2000);
    expect(events.reports).toMatchObject([{ messageId: "a", outcome: "sent" }]);
    expect(events.reports[0]?.streams.map(({ stream }) => stream).sort()).toEqual(["high", "low", "middle"]);
  });

  it("each carry every message, and one report names them all", () => {
    publishers.stream("low");
    carrier.offer(message("a"));
    for (let index = 0; index < 3; index += 1) {
      expect(frame({ stream: "low" })).toHaveLength(1);
      expect(frame({ stream: "high" })).toHaveLength(1);
    }
    expect(events.reports).toHaveLength(1);
    expect(events.reports[0]?.streams.map(({ stream }) => stream).sort()).toEqual(["high", "low"]);
  });

  it("that appear later are given what has not expired, sent elsewhere or not", () => {
    carrier.offer(message("a", { copies: 1 }));
    frame({ stream: "low" });
    expect(events.reports).toHaveLength(1);
    vi.advanceTimersByTime(4900);
    expect(frame({ stream: "high" })).toHaveLength(1);
    vi.advanceTimersByTime(200);
    expect(frame({ stream: "third" })).toHaveLength(0);
    expect(events.reports).toHaveLength(1);
  });

  it("that are silent hold nothing back", () => {
    frame({ stream: "silent" });
    vi.advanceTimersByTime(1000);
    carrier.offer(message("a", { copies: 1 }));
    frame();
    expect(events.reports).toMatchObject([{ outcome: "sent", streams: [{ stream: "1" }] }]);
  });

  it("that fall silent hold a report back for a second only", () => {
    frame({ stream: "falling" });
    carrier.offer(message("a", { copies: 1 }));
    frame();
    expect(events.reports).toEqual([]);
    vi.advanceTimersByTime(2000);
    expect(events.reports).toMatchObject([{ outcome: "sent", streams: [{ stream: "1" }] }]);
  });

  it("that stand still keep a bounded number of messages, and none that is stale", () => {
    const silent = publishers.stream("silent");
    silent.take({ rtpTimestamp: 0, isKeyFrame: true });
    silent.commit();
    for (let index = 0; index < 3000; index += 1) {
      carrier.offer(message(`${index}`, { copies: 1, keyFrameCopies: 2, expiresAtMs: Date.now() + 60_000 }));
      frame();
      vi.advanceTimersByTime(5);
      expect(silent.size).toBeLessThanOrEqual(520);
      expect(publishers.stream("1").size).toBeLessThanOrEqual(520);
    }
    vi.advanceTimersByTime(60_000);
    expect(silent.size).toBe(0);
    expect(silent.take({ rtpTimestamp: 1, isKeyFrame: true })).toEqual([]);
  });

  it("that resume do not burst with copies of long ago", () => {
    carrier.offer(message("a"));
    frame();
    vi.advanceTimersByTime(10_000);
    expect(events.reports).toMatchObject([{ outcome: "sent", streams: [{ copies: 1 }] }]);
    expect(frame()).toHaveLength(0);
  });

  it("that end hold nothing back", () => {
    frame({ stream: "ending" });
    carrier.offer(message("a", { copies: 1 }));
    frame();
    publishers.stream("ending").close();
    endOfTurn();
    expect(events.reports).toHaveLength(1);
  });
});

describe("expiry", () => {
  it("comes when no whole copy has left in time, with or without access units", () => {
    carrier.offer(message("a", { expiresAtMs: Date.now() + 100 }));
    vi.advanceTimersByTime(99);
    expect(events.reports).toEqual([]);
    vi.advanceTimersByTime(2);
    expect(events.reports).toEqual([{ messageId: "a", outcome: "expired", streams: [] }]);
    expect(frame()).toHaveLength(0);
  });

  it("takes a message whose copy was begun and not ended", () => {
    carrier.offer(fragments("a", 12, { expiresAtMs: Date.now() + 100 }));
    frame();
    vi.advanceTimersByTime(100);
    expect(frame()).toHaveLength(0);
    expect(events.reports).toMatchObject([
      { outcome: "expired", streams: [{ stream: "1", copies: 0, rtpTimestamps: [0] }] },
    ]);
  });

  it("does not take the further copies of one whose first copy left in time", () => {
    carrier.offer(message("a", { expiresAtMs: Date.now() + 10 }));
    frame();
    vi.advanceTimersByTime(33);
    frame();
    vi.advanceTimersByTime(33);
    frame();
    expect(events.reports).toMatchObject([{ outcome: "sent", streams: [{ copies: 3 }] }]);
  });
});

describe("a carrier", () => {
  it("says once that it has stalled, a second after the last access unit", () => {
    frame();
    carrier.offer(message("a", { expiresAtMs: Date.now() + 60_000 }));
    vi.advanceTimersByTime(999);
    expect(events.stalls).toBe(0);
    vi.advanceTimersByTime(30_000);
    expect(events.stalls).toBe(1);
  });

  it("does not say so while access units come or nothing waits", () => {
    vi.advanceTimersByTime(5000);
    for (let index = 0; index < 100; index += 1) {
      carrier.offer(message(`${index}`));
      frame();
      vi.advanceTimersByTime(33);
    }
    frame();
    frame();
    vi.advanceTimersByTime(20_000);
    expect(events.stalls).toBe(0);
  });

  it("gives up what is withdrawn, and says whether a copy had left", () => {
    carrier.offer(message("a"));
    carrier.withdraw("a");
    carrier.offer(message("b"));
    frame();
    carrier.withdraw("b");
    carrier.withdraw("unknown");
    expect(frame()).toHaveLength(0);
    expect(events.reports).toMatchObject([
      { messageId: "a", outcome: "cancelled" },
      { messageId: "b", outcome: "sent", streams: [{ copies: 1 }] },
    ]);
  });

  it("that is closed reports what waits as dropped, and what is offered after", () => {
    carrier.offer(message("a"));
    publishers.close();
    carrier.offer(message("b"));
    expect(events.reports).toMatchObject([
      { messageId: "a", outcome: "dropped" },
      { messageId: "b", outcome: "dropped" },
    ]);
    expect(frame()).toHaveLength(0);
  });
});
