import { parseSei, parseUserDataUnregistered } from "@inband/h264";
import { useFakeClock } from "@inband/rig/fake-clock";
import { message } from "@inband/rig/message";
import { RecordedEvents } from "@inband/rig/recorded-events";
import { type CarrierLimits, CarrierPublishers, type Message, type OpenCarrier } from "@inband/stream";
import fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";

const limits: CarrierLimits = { bytesPerAccessUnit: 4096, bytesPerSecond: 65_536 };
const opened: CarrierPublishers[] = [];

useFakeClock({ microtasks: true });

afterEach(() => {
  for (const publishers of opened.splice(0)) publishers.close();
});

/** The publishers of a carrier, and what each of so many offers to, in the order of attachment. */
function attach(own: readonly CarrierLimits[], carrier = limits, clock?: () => number) {
  const publishers = new CarrierPublishers(carrier, clock === undefined ? {} : { clock });
  opened.push(publishers);
  const carriers = own.map((each, order) => {
    const open = publishers.open(new RecordedEvents(), each);
    return { ...open, offer: (given: Message) => open.offer({ ...given, uuid: new Uint8Array(16).fill(order + 1) }) };
  });
  return { publishers, carriers: carriers as readonly OpenCarrier[] };
}

let messages = 0;
function sized(bytes: number): Message {
  messages += 1;
  return message(`${messages}`, { payloads: [new Uint8Array(bytes).fill(0x55)], alone: true });
}

/** The bytes of SEI NAL units, by the publisher that they are of. */
function bytesOf(nals: readonly Uint8Array[], publishers: number): number[] {
  const bytes = new Array<number>(publishers).fill(0);
  for (const nal of nals) {
    const [sei] = parseSei(nal);
    const order = sei === undefined ? 0 : parseUserDataUnregistered(sei.payload).uuid[0];
    bytes[(order ?? 0) - 1] = (bytes[(order ?? 0) - 1] ?? 0) + nal.length;
  }
  return bytes;
}

/** An access unit leaves with what each publisher has for it in turn; the bytes of each. */
function frame({ publishers, carriers }: ReturnType<typeof attach>, rtpTimestamp: number, name = "1"): number[] {
  const stream = publishers.stream(name);
  const nals = stream.take({ rtpTimestamp, isKeyFrame: false });
  stream.commit();
  return bytesOf(nals, carriers.length);
}

describe("publishers on one encoded stream", () => {
  it("share the bytes of an access unit in the order of attachment", () => {
    const all = attach([limits, limits]);
    for (let index = 0; index < 5; index += 1) for (const each of all.carriers) each.offer(sized(1200));
    const rounds = [0, 1, 2, 3].map((index) => frame(all, index * 3000).map((bytes) => Math.floor(bytes / 1200)));
    expect(rounds).toEqual([
      [3, 0],
      [2, 1],
      [0, 3],
      [0, 1],
    ]);
  });

  it("stay within the access unit and the second together, whatever each of them wants", () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 1000 }), { maxLength: 40 });
    fc.assert(
      fc.property(fc.array(sizes, { minLength: 2, maxLength: 4 }), (wanted) => {
        const carrier = { bytesPerAccessUnit: 2000, bytesPerSecond: 10_000 };
        const all = attach(
          wanted.map(() => carrier),
          carrier,
        );
        for (const [index, each] of wanted.entries())
          for (const bytes of each) all.carriers[index]?.offer(sized(bytes));
        const left: [number, number][] = [];
        for (let index = 0; index < 90; index += 1) {
          const bytes = frame(all, index * 3000).reduce((sum, each) => sum + each, 0);
          expect(bytes).toBeLessThanOrEqual(2000);
          left.push([Date.now(), bytes]);
          const second = left.filter(([atMs]) => Date.now() - atMs < 1000).reduce((sum, [, each]) => sum + each, 0);
          expect(second).toBeLessThanOrEqual(10_000);
          vi.advanceTimersByTime(33);
        }
      }),
      { numRuns: 20 },
    );
  });

  it("of one profile share what its readers take in a second, and leave the rest to others", () => {
    const ivs = { bytesPerAccessUnit: 4096, bytesPerSecond: 10_240 };
    const all = attach([ivs, ivs, limits]);
    for (let index = 0; index < 60; index += 1) for (const each of all.carriers) each.offer(sized(900));
    const totals = [0, 0, 0];
    for (let index = 0; index < 29; index += 1) {
      for (const [order, bytes] of frame(all, index * 3000).entries()) totals[order] = (totals[order] ?? 0) + bytes;
      vi.advanceTimersByTime(33);
    }
    const [first = 0, second = 0, third = 0] = totals;
    expect(first + second).toBeLessThanOrEqual(10_240);
    expect(first + second).toBeGreaterThan(9000);
    expect(third).toBeGreaterThan(45_000);
  });

  it("give back what did not leave", () => {
    const { publishers, carriers } = attach([limits, limits]);
    const [first, second] = carriers as [OpenCarrier, OpenCarrier];
    const stream = publishers.stream("1");
    for (let index = 0; index < 4; index += 1) first.offer(sized(1200));
    second.offer(sized(1200));
    const given = stream.take({ rtpTimestamp: 0, isKeyFrame: false });
    expect(given).toHaveLength(3);
    stream.rollback();
    first[Symbol.dispose]();
    expect(stream.take({ rtpTimestamp: 0, isKeyFrame: false })).toHaveLength(1);
  });

  it("that are detached with an access unit under way hold nothing back", () => {
    const all = attach([limits, limits], { bytesPerAccessUnit: 4096, bytesPerSecond: 4096 });
    const [first, second] = all.carriers as [OpenCarrier, OpenCarrier];
    for (let index = 0; index < 3; index += 1) first.offer(sized(1200));
    second.offer(sized(1200));
    all.publishers.stream("1").take({ rtpTimestamp: 0, isKeyFrame: false });
    first[Symbol.dispose]();
    expect(frame(all, 3000)).toEqual([0, expect.any(Number)]);
    expect(all.publishers.stream("1").size).toBe(0);
  });

  it("have a budget for each stream", () => {
    const only = attach([limits]);
    for (const stream of ["low", "high"]) only.publishers.stream(stream);
    for (let index = 0; index < 3; index += 1) only.carriers[0]?.offer(sized(1000));
    expect(frame(only, 0, "low")[0]).toBeGreaterThan(3000);
    expect(frame(only, 0, "high")[0]).toBeGreaterThan(3000);
  });
});

describe("the budget of a second", () => {
  it("is not held back by a clock that was set back", () => {
    let nowMs = 10_000_000;
    const slow = { bytesPerAccessUnit: 4096, bytesPerSecond: 2200 };
    const only = attach([slow], slow, () => nowMs);
    for (let index = 0; index < 4; index += 1) {
      only.carriers[0]?.offer({ ...sized(1000), expiresAtMs: Number.POSITIVE_INFINITY });
    }
    expect(frame(only, 0)[0]).toBeGreaterThan(2000);
    nowMs -= 3_600_000;
    expect(frame(only, 3000)).toEqual([0]);
    nowMs += 1000;
    expect(frame(only, 6000)[0]).toBeGreaterThan(2000);
  });
});
