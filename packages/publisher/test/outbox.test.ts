import { parseSei } from "@inband/h264";
import { Outboxes, type Part, type SentReport } from "@inband/publisher";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { payloadsOf } from "./manual-carrier.ts";

const uuid = Uint8Array.from({ length: 16 }, (_, index) => index + 1);
const limits = { bytesPerAccessUnit: 4096, bytesPerSecond: 65_536 };

function part(messageId: string, options: Partial<Part> & { bytes?: number; fill?: number } = {}): Part {
  const { bytes = 20, fill = 0x55, ...rest } = options;
  return {
    messageId,
    uuid,
    payload: new Uint8Array(bytes).fill(fill),
    copies: 3,
    keyFrameCopies: 0,
    priority: 1,
    expiresAtMs: Date.now() + 5000,
    alone: false,
    ...rest,
  };
}

/** Parts of one message whose first byte is their index. */
function fragments(messageId: string, count: number, options: Partial<Part> & { bytes?: number } = {}): Part[] {
  return Array.from({ length: count }, (_, index) => {
    const one = part(messageId, { bytes: 1000, ...options });
    one.payload[0] = index;
    return one;
  });
}

/** A message of one part or several whose second byte is its number. */
function numbered(number: number, options: Partial<Part> & { bytes?: number; parts?: number } = {}): Part[] {
  const { parts = 1, ...rest } = options;
  const made = parts === 1 ? [part(`${number}`, rest)] : fragments(`${number}`, parts, rest);
  for (const { payload } of made) payload[1] = number;
  return made;
}

/** The numbers of the messages that an access unit carried. */
function numbersOf(payloads: readonly Uint8Array[]): number[] {
  return [...new Set(payloads.map((payload) => payload[1] as number))];
}

let reports: SentReport[];
let stalls: number;
let outboxes: Outboxes;
let rtpTimestamp: number;

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
  reports = [];
  stalls = 0;
  rtpTimestamp = 0;
  outboxes = make();
});

afterEach(() => {
  outboxes.close();
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

function make(given = limits): Outboxes {
  return new Outboxes({
    limits: given,
    events: { sent: (report) => reports.push(report), stalled: () => (stalls += 1) },
  });
}

/** One access unit leaves; its payloads. */
function frame(options: { stream?: string; isKeyFrame?: boolean; timestamp?: number } = {}): Uint8Array[] {
  const { stream = "1", ...rest } = options;
  const outbox = outboxes.stream(stream);
  const nals = outbox.take({ rtpTimestamp, isKeyFrame: false, ...rest });
  outbox.commit();
  rtpTimestamp = (rtpTimestamp + 3000) >>> 0;
  return payloadsOf(nals);
}

describe("ages", () => {
  const hoursMs = 7 * 3_600_000;
  const day = { ageOffset: 0, copies: 1, keyFrameCopies: 1, expiresAtMs: 1_000_000 + 24 * 3_600_000 };
  const ageOf = ([payload]: readonly Uint8Array[]): number =>
    new DataView(Uint8Array.from(payload ?? []).buffer).getUint32(0);

  it("stop before they would speak of a frame to come, where the key frame is hours behind the message", () => {
    outboxes.offer([part("a", day)]);
    expect(ageOf(frame())).toBe(0);
    vi.advanceTimersByTime(hoursMs);
    rtpTimestamp = hoursMs * 90;
    expect(ageOf(frame({ isKeyFrame: true }))).toBe(0x7fff_ffff);
  });

  it("stop there too where a message that names its frame waits for hours", () => {
    outboxes.offer([part("a", { ...day, timestamp: 5_000_000 })]);
    vi.advanceTimersByTime(hoursMs);
    expect(ageOf(frame({ timestamp: 5_000_000 + hoursMs * 1000 }))).toBe(0x7fff_ffff);
  });
});

describe("copies", () => {
  it("ride consecutive access units, and the message is reported with the last", () => {
    outboxes.offer([part("a")]);
    expect([frame().length, frame().length]).toEqual([1, 1]);
    expect(reports).toEqual([]);
    expect([frame().length, frame().length]).toEqual([1, 0]);
    expect(reports).toEqual([
      {
        messageId: "a",
        outcome: "sent",
        streams: [{ stream: "1", copies: 3, bytes: 38 * 3, rtpTimestamps: [0, 3000, 6000] }],
      },
    ]);
  });

  it("are not spent on an access unit that did not leave", () => {
    outboxes.offer([part("a", { copies: 1 })]);
    const outbox = outboxes.stream("1");
    expect(outbox.take({ rtpTimestamp: 0, isKeyFrame: false })).toHaveLength(1);
    outbox.rollback();
    expect(outbox.take({ rtpTimestamp: 1, isKeyFrame: false })).toHaveLength(1);
    expect(outbox.take({ rtpTimestamp: 2, isKeyFrame: false })).toHaveLength(1);
    expect(reports).toEqual([]);
    outbox.commit();
    outbox.commit();
    expect(reports).toMatchObject([{ streams: [{ copies: 1, rtpTimestamps: [2] }] }]);
  });

  it("ride each of the next two key frames beside that, and do not delay the report", () => {
    outboxes.offer([part("a", { copies: 2, keyFrameCopies: 2 })]);
    expect(frame({ isKeyFrame: true })).toHaveLength(1);
    expect(frame()).toHaveLength(1);
    expect(reports).toHaveLength(1);
    expect(frame()).toHaveLength(0);
    expect(frame({ isKeyFrame: true })).toHaveLength(1);
    expect(frame()).toHaveLength(0);
    expect(frame({ isKeyFrame: true })).toHaveLength(1);
    expect(frame({ isKeyFrame: true })).toHaveLength(0);
    expect(reports).toMatchObject([{ streams: [{ copies: 2 }] }]);
  });

  it("ride no key frame after the message expired", () => {
    outboxes.offer([part("a", { copies: 1, keyFrameCopies: 2 })]);
    frame();
    vi.advanceTimersByTime(5000);
    expect(frame({ isKeyFrame: true })).toHaveLength(0);
  });

  it("meet on a key frame in the order of publishing: the newest that its budget has room for", () => {
    for (let index = 0; index < 40; index += 1) {
      const sent = part(`${index}`, { bytes: 250, copies: 1, keyFrameCopies: 2 });
      sent.payload[0] = index;
      outboxes.offer([sent]);
      frame();
      vi.advanceTimersByTime(50);
    }
    const first = frame({ isKeyFrame: true }).map((payload) => payload[0]);
    expect(first.length).toBeGreaterThan(13);
    expect(first).toEqual(Array.from(first, (_, index) => 40 - first.length + index));
  });

  it("meet on a key frame in the order of publishing, whatever their sizes, priorities and the copies that they are", () => {
    outboxes.offer(numbered(0, { priority: 0, keyFrameCopies: 1 }));
    outboxes.offer(numbered(1, { parts: 5, copies: 1, keyFrameCopies: 1, bytes: 300 }));
    outboxes.offer(numbered(2, { bytes: 900, keyFrameCopies: 1 }));
    outboxes.offer(numbered(3, { priority: 3, keyFrameCopies: 1 }));
    for (let index = 0; index < 5; index += 1) frame();
    outboxes.offer(numbered(4, { priority: 0 }));
    frame();
    outboxes.offer(numbered(5, { priority: 2 }));
    frame();
    outboxes.offer(numbered(6, { bytes: 100 }));
    expect(numbersOf(frame({ isKeyFrame: true }))).toEqual([0, 1, 2, 3, 4, 5, 6]);
  });

  it("of higher priority have their turn first on a key frame that has not room for all", () => {
    for (let index = 0; index < 40; index += 1) {
      outboxes.offer(numbered(index, { bytes: 250, copies: 1, keyFrameCopies: 1, priority: index % 10 === 0 ? 2 : 1 }));
      frame();
      vi.advanceTimersByTime(50);
    }
    const carried = numbersOf(frame({ isKeyFrame: true }));
    expect(carried).toEqual(carried.toSorted((a, b) => a - b));
    expect(carried.slice(0, 3)).toEqual([0, 10, 20]);
    expect(carried.length).toBeGreaterThan(13);
  });

  it("of a part without an id all leave within the time they are told", () => {
    outboxes.offer([part("a", { copies: 31, copiesWithinMs: 1000 })]);
    let carried = 0;
    for (let index = 0; index < 31; index += 1) {
      carried += frame().length;
      vi.advanceTimersByTime(100);
    }
    expect(carried).toBe(10);
    expect(reports).toMatchObject([{ outcome: "sent", streams: [{ copies: 10 }] }]);
    expect(frame({ stream: "late" })).toHaveLength(0);
  });
});

describe("fragments", () => {
  it("interleave: a whole copy goes before the next one begins", () => {
    outboxes.offer(fragments("a", 10, { copies: 2 }));
    const carried: (number | undefined)[] = [];
    for (let index = 0; index < 12; index += 1) carried.push(...frame().map((payload) => payload[0]));
    const once = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
    expect(carried).toEqual([...once, ...once]);
    expect(reports).toMatchObject([{ outcome: "sent", streams: [{ copies: 2 }] }]);
  });

  it("let smaller messages pass", () => {
    outboxes.offer(fragments("large", 40, { copies: 1 }));
    frame();
    outboxes.offer([part("small", { bytes: 21, copies: 1 })]);
    expect(frame().some(({ length }) => length === 21)).toBe(true);
  });

  it("of several large messages complete one message after the other", () => {
    for (const id of ["a", "b", "c"]) outboxes.offer(fragments(id, 12, { copies: 1 }));
    for (let index = 0; index < 12; index += 1) frame();
    expect(reports.map(({ messageId }) => messageId)).toEqual(["a", "b", "c"]);
  });
});

describe("budgets", () => {
  it("hold for every access unit and every second, whatever is offered", () => {
    const message = fc.record({
      bytes: fc.nat(1200),
      fill: fc.constantFrom(0, 0x55),
      copies: fc.integer({ min: 1, max: 5 }),
      keyFrameCopies: fc.nat(2),
      priority: fc.constantFrom(0, 1, 2, 3),
      alone: fc.boolean(),
    });
    fc.assert(
      fc.property(
        fc.array(message, { maxLength: 60 }),
        fc.integer({ min: 1500, max: 20_000 }),
        (messages, bytesPerSecond) => {
          outboxes.close();
          outboxes = make({ bytesPerAccessUnit: 4096, bytesPerSecond });
          for (const [index, options] of messages.entries())
            outboxes.offer([part(`${index}`, options as Partial<Part>)]);
          const outbox = outboxes.stream("1");
          const left: [number, number][] = [];
          for (let index = 0; index < 90; index += 1) {
            const nals = outbox.take({ rtpTimestamp: index * 3000, isKeyFrame: index % 30 === 0 });
            outbox.commit();
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
      const sent = part(`${index}`, { bytes: 1500, copies: 1, priority });
      sent.payload[0] = index;
      outboxes.offer([sent]);
    }
    const order = [frame(), frame(), frame()].map((payloads) => payloads.map((payload) => payload[0]));
    expect(order).toEqual([[2, 3], [1, 4], [0]]);
  });
});

describe("a tight budget", () => {
  it("goes to first copies before further ones, so that everything leaves once in time", () => {
    outboxes.close();
    outboxes = make({ bytesPerAccessUnit: 300, bytesPerSecond: 65_536 });
    const order: (number | undefined)[] = [];
    for (let index = 0; index < 3; index += 1) {
      const sent = part(`${index}`, { bytes: 200, copies: 2 });
      sent.payload[0] = index;
      outboxes.offer([sent]);
      order.push(...frame().map((payload) => payload[0]));
    }
    for (let index = 0; index < 3; index += 1) order.push(...frame().map((payload) => payload[0]));
    expect(order).toEqual([0, 1, 2, 0, 1, 2]);
  });
});

describe("NAL units", () => {
  it("are shared by messages up to what fits one RTP packet", () => {
    for (let index = 0; index < 30; index += 1) outboxes.offer([part(`${index}`, { bytes: 100, fill: 0, copies: 1 })]);
    const nals = outboxes.stream("1").take({ rtpTimestamp: 0, isKeyFrame: false });
    for (const nal of nals) expect(nal.length).toBeLessThanOrEqual(1100);
    expect(nals.length).toBeLessThan(7);
    expect(payloadsOf(nals).length).toBeGreaterThan(20);
  });

  it("are not shared where the readers see only the first message", () => {
    for (let index = 0; index < 5; index += 1) outboxes.offer([part(`${index}`, { alone: true })]);
    const nals = outboxes.stream("1").take({ rtpTimestamp: 0, isKeyFrame: false });
    expect(nals.map((nal) => parseSei(nal).length)).toEqual([1, 1, 1, 1, 1]);
  });

  it("are one shared empty list when nothing waits", () => {
    const outbox = outboxes.stream("1");
    const idle = outbox.take({ rtpTimestamp: 0, isKeyFrame: false });
    outbox.commit();
    expect(idle).toEqual([]);
    expect(outbox.take({ rtpTimestamp: 1, isKeyFrame: true })).toBe(idle);
  });
});

describe("age", () => {
  const ages = (payloads: Uint8Array[]) =>
    payloads.map((payload) => new DataView(payload.buffer, payload.byteOffset).getUint32(4));

  it("counts from the access unit of the first copy, over the wrap of the RTP timestamp", () => {
    rtpTimestamp = 0xffff_ffff - 2000;
    const sent = part("a", { ageOffset: 4, keyFrameCopies: 1 });
    outboxes.offer([sent]);
    expect([...ages(frame()), ...ages(frame()), ...ages(frame())]).toEqual([0, 3000, 6000]);
    frame();
    expect(ages(frame({ isKeyFrame: true }))).toEqual([12_000]);
    expect(sent.payload).toEqual(new Uint8Array(20).fill(0x55));
  });

  it("does not count from an access unit that did not leave", () => {
    outboxes.offer([part("a", { ageOffset: 4 })]);
    const outbox = outboxes.stream("1");
    outbox.take({ rtpTimestamp: 0, isKeyFrame: false });
    outbox.rollback();
    rtpTimestamp = 3000;
    expect([...ages(frame()), ...ages(frame())]).toEqual([0, 3000]);
  });

  it("counts from the access unit that the message speaks of where that is known", () => {
    outboxes.offer([part("a", { ageOffset: 4, timestamp: 1_000_000, copies: 2 })]);
    const early = ages(frame({ timestamp: 1_300_000 }));
    const late = ages(frame({ timestamp: 1_333_333 }));
    expect([...early, ...late]).toEqual([27_000, 30_000]);
  });

  it("counts from the first copy on another stream for one that appears later", () => {
    const aged = part("a", { bytes: 8, ageOffset: 4, copies: 1 });
    outboxes.offer([aged]);
    frame({ stream: "low" });
    vi.advanceTimersByTime(2000);
    for (const stream of ["high", "third"]) {
      const [payload] = frame({ stream });
      expect(new DataView((payload as Uint8Array).slice().buffer).getUint32(4)).toBe(180_000);
    }
  });

  it("is negative modulo 2^32 for an access unit to come", () => {
    outboxes.offer([part("a", { ageOffset: 4, timestamp: 2_000_000, copies: 1 })]);
    expect(ages(frame({ timestamp: 1_000_000 }))).toEqual([2 ** 32 - 90_000]);
  });

  it("is the same for all fragments of an access unit, and counts on over the next", () => {
    outboxes.offer(fragments("a", 6, { ageOffset: 4, copies: 1 }));
    expect([...ages(frame()), ...ages(frame())]).toEqual([0, 0, 0, 0, 3000, 3000]);
  });
});

describe("streams", () => {
  it("that are gone do not stay for ever: of more than 32 the one that has been silent for longest goes", () => {
    const first = outboxes.stream("0");
    frame({ stream: "0" });
    const layers = ["low", "middle", "high"].map((name) => outboxes.stream(name));
    for (let renegotiation = 1; renegotiation <= 100; renegotiation += 1) {
      vi.advanceTimersByTime(1000);
      for (const stream of ["low", "middle", "high", `${renegotiation}`]) frame({ stream });
    }
    expect(["low", "middle", "high"].map((name) => outboxes.stream(name))).toEqual(layers);
    expect(outboxes.stream("0")).not.toBe(first);
    outboxes.offer([part("a", { copies: 1 })]);
    for (const stream of ["low", "middle", "high"]) expect(frame({ stream })).toHaveLength(1);
    vi.advanceTimersByTime(2000);
    expect(reports).toMatchObject([{ messageId: "a", outcome: "sent" }]);
    expect(reports[0]?.streams.map(({ stream }) => stream).sort()).toEqual(["high", "low", "middle"]);
  });

  it("each carry every message, and one report names them all", () => {
    outboxes.stream("low");
    outboxes.offer([part("a")]);
    for (let index = 0; index < 3; index += 1) {
      expect(frame({ stream: "low" })).toHaveLength(1);
      expect(frame({ stream: "high" })).toHaveLength(1);
    }
    expect(reports).toHaveLength(1);
    expect(reports[0]?.streams.map(({ stream }) => stream).sort()).toEqual(["high", "low"]);
  });

  it("that appear later are given what has not expired, sent elsewhere or not", () => {
    outboxes.offer([part("a", { copies: 1 })]);
    frame({ stream: "low" });
    expect(reports).toHaveLength(1);
    vi.advanceTimersByTime(4900);
    expect(frame({ stream: "high" })).toHaveLength(1);
    vi.advanceTimersByTime(200);
    expect(frame({ stream: "third" })).toHaveLength(0);
    expect(reports).toHaveLength(1);
  });

  it("that are silent hold nothing back", () => {
    frame({ stream: "silent" });
    vi.advanceTimersByTime(1000);
    outboxes.offer([part("a", { copies: 1 })]);
    frame();
    expect(reports).toMatchObject([{ outcome: "sent", streams: [{ stream: "1" }] }]);
  });

  it("that fall silent hold a report back for a second only", () => {
    frame({ stream: "falling" });
    outboxes.offer([part("a", { copies: 1 })]);
    frame();
    expect(reports).toEqual([]);
    vi.advanceTimersByTime(2000);
    expect(reports).toMatchObject([{ outcome: "sent", streams: [{ stream: "1" }] }]);
  });

  it("that stand still keep a bounded number of messages, and none that is stale", () => {
    const silent = outboxes.stream("silent");
    silent.take({ rtpTimestamp: 0, isKeyFrame: true });
    silent.commit();
    for (let index = 0; index < 3000; index += 1) {
      outboxes.offer([part(`${index}`, { copies: 1, keyFrameCopies: 2, expiresAtMs: Date.now() + 60_000 })]);
      frame();
      vi.advanceTimersByTime(5);
      expect(silent.size).toBeLessThanOrEqual(520);
      expect(outboxes.stream("1").size).toBeLessThanOrEqual(520);
    }
    vi.advanceTimersByTime(60_000);
    expect(silent.size).toBe(0);
    expect(silent.take({ rtpTimestamp: 1, isKeyFrame: true })).toEqual([]);
  });

  it("that resume do not burst with copies of long ago", () => {
    outboxes.offer([part("a")]);
    frame();
    vi.advanceTimersByTime(10_000);
    expect(reports).toMatchObject([{ outcome: "sent", streams: [{ copies: 1 }] }]);
    expect(frame()).toHaveLength(0);
  });

  it("that end hold nothing back", () => {
    frame({ stream: "ending" });
    outboxes.offer([part("a", { copies: 1 })]);
    frame();
    outboxes.stream("ending").close();
    expect(reports).toHaveLength(1);
  });
});

describe("expiry", () => {
  it("comes when no whole copy has left in time, with or without access units", () => {
    outboxes.offer([part("a", { expiresAtMs: Date.now() + 100 })]);
    vi.advanceTimersByTime(99);
    expect(reports).toEqual([]);
    vi.advanceTimersByTime(2);
    expect(reports).toEqual([{ messageId: "a", outcome: "expired", streams: [] }]);
    expect(frame()).toHaveLength(0);
  });

  it("takes a message whose copy was begun and not ended", () => {
    outboxes.offer(fragments("a", 12, { expiresAtMs: Date.now() + 100 }));
    frame();
    vi.advanceTimersByTime(100);
    expect(frame()).toHaveLength(0);
    expect(reports).toMatchObject([{ outcome: "expired", streams: [{ stream: "1", copies: 0, rtpTimestamps: [0] }] }]);
  });

  it("does not take the further copies of one whose first copy left in time", () => {
    outboxes.offer([part("a", { expiresAtMs: Date.now() + 10 })]);
    frame();
    vi.advanceTimersByTime(33);
    frame();
    vi.advanceTimersByTime(33);
    frame();
    expect(reports).toMatchObject([{ outcome: "sent", streams: [{ copies: 3 }] }]);
  });
});

describe("a carrier", () => {
  it("says once that it has stalled, a second after the last access unit", () => {
    frame();
    outboxes.offer([part("a", { expiresAtMs: Date.now() + 60_000 })]);
    vi.advanceTimersByTime(999);
    expect(stalls).toBe(0);
    vi.advanceTimersByTime(30_000);
    expect(stalls).toBe(1);
  });

  it("does not say so while access units come or nothing waits", () => {
    vi.advanceTimersByTime(5000);
    for (let index = 0; index < 100; index += 1) {
      outboxes.offer([part(`${index}`)]);
      frame();
      vi.advanceTimersByTime(33);
    }
    frame();
    frame();
    vi.advanceTimersByTime(20_000);
    expect(stalls).toBe(0);
  });

  it("gives up what is withdrawn, and says whether a copy had left", () => {
    outboxes.offer([part("a")]);
    outboxes.withdraw("a");
    outboxes.offer([part("b")]);
    frame();
    outboxes.withdraw("b");
    outboxes.withdraw("unknown");
    expect(frame()).toHaveLength(0);
    expect(reports).toMatchObject([
      { messageId: "a", outcome: "cancelled" },
      { messageId: "b", outcome: "sent", streams: [{ copies: 1 }] },
    ]);
  });

  it("that is closed reports what waits as dropped, and what is offered after", () => {
    outboxes.offer([part("a")]);
    outboxes.close();
    outboxes.offer([part("b")]);
    expect(reports).toMatchObject([
      { messageId: "a", outcome: "dropped" },
      { messageId: "b", outcome: "dropped" },
    ]);
    expect(frame()).toHaveLength(0);
  });
});
