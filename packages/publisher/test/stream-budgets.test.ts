import { type CarrierLimits, Outboxes, type Part, StreamBudgets } from "@inband/publisher";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

const limits: CarrierLimits = { bytesPerAccessUnit: 4096, bytesPerSecond: 65_536 };
const opened: Outboxes[] = [];

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
});

afterEach(() => {
  for (const outboxes of opened.splice(0)) outboxes.close();
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

/** The outboxes of so many publishers on one carrier, in the order of attachment. */
function attach(own: readonly CarrierLimits[], carrier = limits): Outboxes[] {
  const budgets = new StreamBudgets(carrier);
  const all = own.map((each) => new Outboxes({ limits: each, budgets, events: { sent: () => {}, stalled: () => {} } }));
  opened.push(...all);
  return all;
}

let parts = 0;
function part(bytes: number): Part {
  parts += 1;
  return {
    messageId: `${parts}`,
    uuid: new Uint8Array(16).fill(1),
    payload: new Uint8Array(bytes).fill(0x55),
    copies: 1,
    keyFrameCopies: 0,
    priority: 1,
    expiresAtMs: Date.now() + 60_000,
    alone: true,
  };
}

/** An access unit leaves with what each gives it in turn; the bytes of each. */
function frame(all: readonly Outboxes[], rtpTimestamp: number, stream = "1"): number[] {
  const bytes = all.map((outboxes) =>
    outboxes
      .stream(stream)
      .take({ rtpTimestamp, isKeyFrame: false })
      .reduce((sum, { length }) => sum + length, 0),
  );
  for (const outboxes of all) outboxes.stream(stream).commit();
  return bytes;
}

describe("publishers on one encoded stream", () => {
  it("share the bytes of an access unit in the order of attachment", () => {
    const [first, second] = attach([limits, limits]) as [Outboxes, Outboxes];
    for (let index = 0; index < 5; index += 1) {
      first.offer([part(1200)]);
      second.offer([part(1200)]);
    }
    const rounds = [0, 1, 2, 3].map((index) =>
      frame([first, second], index * 3000).map((bytes) => Math.floor(bytes / 1200)),
    );
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
        for (const [index, each] of wanted.entries()) for (const bytes of each) all[index]?.offer([part(bytes)]);
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
    for (let index = 0; index < 60; index += 1) for (const each of all) each.offer([part(900)]);
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
    const [first, second] = attach([limits, limits]) as [Outboxes, Outboxes];
    for (let index = 0; index < 4; index += 1) first.offer([part(1200)]);
    second.offer([part(1200)]);
    const given = first.stream("1").take({ rtpTimestamp: 0, isKeyFrame: false });
    expect(given).toHaveLength(3);
    first.stream("1").rollback();
    first.close();
    expect(second.stream("1").take({ rtpTimestamp: 0, isKeyFrame: false })).toHaveLength(1);
  });

  it("that are detached with an access unit under way hold nothing back", () => {
    const [first, second] = attach([limits, limits], { bytesPerAccessUnit: 4096, bytesPerSecond: 4096 }) as [
      Outboxes,
      Outboxes,
    ];
    for (let index = 0; index < 3; index += 1) first.offer([part(1200)]);
    second.offer([part(1200)]);
    first.stream("1").take({ rtpTimestamp: 0, isKeyFrame: false });
    first.close();
    expect(frame([second], 3000)).toEqual([expect.any(Number)]);
    expect(second.stream("1").size).toBe(0);
  });

  it("have a budget for each stream", () => {
    const [only] = attach([limits]) as [Outboxes];
    for (const stream of ["low", "high"]) only.stream(stream);
    for (let index = 0; index < 3; index += 1) only.offer([part(1000)]);
    expect(frame([only], 0, "low")[0]).toBeGreaterThan(3000);
    expect(frame([only], 0, "high")[0]).toBeGreaterThan(3000);
  });
});

describe("the budget of a second", () => {
  it("is not held back by a clock that was set back", () => {
    let nowMs = 10_000_000;
    const outboxes = new Outboxes({
      limits: { bytesPerAccessUnit: 4096, bytesPerSecond: 2200 },
      events: { sent: () => {}, stalled: () => {} },
      now: () => nowMs,
    });
    opened.push(outboxes);
    for (let index = 0; index < 4; index += 1)
      outboxes.offer([{ ...part(1000), expiresAtMs: Number.POSITIVE_INFINITY }]);
    expect(frame([outboxes], 0)[0]).toBeGreaterThan(2000);
    nowMs -= 3_600_000;
    expect(frame([outboxes], 3000)).toEqual([0]);
    nowMs += 1000;
    expect(frame([outboxes], 6000)[0]).toBeGreaterThan(2000);
  });
});
