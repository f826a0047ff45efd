import { Random } from "@inband/rig/random";
import { describe, expect, it } from "vitest";
import { LostPackets } from "../src/lost-packets.ts";

interface Run {
  readonly sent: number;
  readonly delivered: number;
  readonly retransmitted: number;
  readonly duplicates: number;
}

interface Line {
  readonly roundTripMs: number;
  /** From the middle of the run on; as before where it is absent. */
  readonly laterRoundTripMs?: number;
  readonly loss: number;
  readonly jitterMs?: number;
  /** Share of the packets that come `lateMs` later, 12 by default. */
  readonly late?: number;
  readonly lateMs?: number;
  /** Share of the packets that come twice. */
  readonly duplicated?: number;
  readonly packets?: number;
}

/** One packet every 4 ms over a line with loss and delay, in virtual time; the sender answers each request it gets. */
function run(line: Line): Run {
  const { roundTripMs, laterRoundTripMs = roundTripMs, loss, jitterMs = 0, packets = 20_000 } = line;
  const { late = 0, lateMs = 12, duplicated = 0 } = line;
  const random = new Random(roundTripMs + 1);
  const lost = new LostPackets();
  const arrivals = new Map<number, number[]>();
  const requests = new Map<number, number[]>();
  const at = (map: Map<number, number[]>, ms: number, number: number): void => {
    const slot = Math.round(ms);
    map.set(slot, [...(map.get(slot) ?? []), number]);
  };
  const seen = new Map<number, number>();
  let retransmitted = 0;
  const oneWayMs = (nowMs: number): number => (nowMs < packets * 2 ? roundTripMs : laterRoundTripMs) / 2;
  const send = (nowMs: number, number: number): void => {
    if (random.fraction() < loss) return;
    const arrivesMs = nowMs + oneWayMs(nowMs) + random.fraction() * jitterMs + (random.fraction() < late ? lateMs : 0);
    at(arrivals, arrivesMs, number);
    if (random.fraction() < duplicated) at(arrivals, arrivesMs + 12, number);
  };
  for (let nowMs = 0; nowMs < packets * 4 + 3000; nowMs++) {
    if (nowMs % 4 === 0 && nowMs / 4 < packets) send(nowMs, nowMs / 4);
    for (const number of requests.get(nowMs) ?? []) {
      retransmitted += 1;
      send(nowMs, number);
    }
    for (const number of arrivals.get(nowMs) ?? []) {
      seen.set(number, (seen.get(number) ?? 0) + 1);
      if (!lost.follows(number & 0xffff)) lost.received(number & 0xffff, nowMs);
    }
    if (lost.nextMs === undefined || lost.nextMs > nowMs) continue;
    for (const number of lost.due(nowMs)) {
      const whole = [...Array(Math.ceil(packets / 65_536))].map((_, cycle) => number + cycle * 65_536);
      const wanted = whole.find((candidate) => Math.abs(candidate - nowMs / 4) < 10_000);
      if (wanted !== undefined) at(requests, Math.max(nowMs + oneWayMs(nowMs), nowMs + 1), wanted);
    }
  }
  const copies = [...seen.values()].reduce((sum, count) => sum + count, 0);
  return { sent: packets, delivered: seen.size, retransmitted, duplicates: copies - seen.size };
}

describe("LostPackets", () => {
  for (const roundTripMs of [0, 50, 200, 400]) {
    it(`brings everything at 5 % loss and ${roundTripMs} ms, with few packets beyond those that were lost`, () => {
      const { sent, delivered, retransmitted, duplicates } = run({ roundTripMs, loss: 0.05, packets: 70_000 });
      // The last ones have none after them that would show their loss.
      expect(sent - delivered).toBeLessThanOrEqual(roundTripMs < 200 ? 5 : 70);
      expect(retransmitted / sent).toBeLessThan(0.058);
      expect(duplicates / sent).toBeLessThan(0.002);
    });

    it(`does not take packets that are late or come twice for short round trips, at ${roundTripMs} ms`, () => {
      const { sent, delivered, retransmitted } = run({
        roundTripMs,
        loss: 0.05,
        late: 0.02,
        lateMs: 20,
        duplicated: 0.02,
      });
      expect(delivered / sent).toBeGreaterThan(0.998);
      // No longer than a round trip is waited for what may only be late.
      expect(retransmitted / sent).toBeLessThan(roundTripMs === 0 ? 0.08 : 0.062);
    });
  }

  it("learns that the round trip has grown or shrunk", () => {
    for (const [roundTripMs, laterRoundTripMs] of [[10, 300] as const, [300, 10] as const]) {
      for (const loss of [0.05, 0.2]) {
        const { sent, delivered, retransmitted } = run({ roundTripMs, laterRoundTripMs, loss, late: 0.02 });
        expect(delivered / sent).toBeGreaterThan(0.99);
        expect(retransmitted / sent).toBeLessThan((loss / (1 - loss)) * 1.15);
      }
    }
  });

  it("waits longer for packets that came after they were asked for, and not for answers that came twice", () => {
    const waitAfter = (...arrivalsMs: number[]): number => {
      const lost = new LostPackets();
      lost.received(0, 0);
      const dueMs = lost.received(2, 0) as number;
      expect(lost.due(dueMs)).toEqual([1]);
      for (const ms of arrivalsMs) lost.received(1, dueMs + ms);
      return (lost.received(4, 1000) as number) - 1000;
    };
    const usualMs = waitAfter(100);
    expect(waitAfter(100, 112)).toBe(usualMs);
    expect(waitAfter(10, 100)).toBeGreaterThan(usualMs + 10);
    expect(waitAfter(90, 900)).toBe(40);
  });

  it("measures no round trip by an answer that may be one to either request", () => {
    const askedAgainAfter = (lost: LostPackets, number: number, nowMs: number): number => {
      const dueMs = lost.received(number, nowMs) as number;
      expect(lost.due(dueMs)).toEqual([number - 1]);
      return (lost.nextMs as number) - dueMs;
    };
    const lost = new LostPackets();
    lost.received(0, 0);
    const waitMs = askedAgainAfter(lost, 2, 0);
    expect(lost.due(lost.nextMs as number)).toEqual([1]);
    lost.received(1, 260);
    expect(askedAgainAfter(lost, 4, 1000)).toBe(waitMs);
    lost.received(3, 1050);
    expect(askedAgainAfter(lost, 6, 2000)).not.toBe(waitMs);
  });

  it("asks in one go for what is lost within a few milliseconds", () => {
    const lost = new LostPackets();
    const firstDueMs = [0, 2, 4, 6].map((number, ms) => lost.received(number, ms))[1] as number;
    expect(lost.nextMs).toBe(firstDueMs);
    expect(lost.due(firstDueMs)).toEqual([1, 3, 5]);
    expect(lost.due(firstDueMs)).toEqual([]);
  });

  it("takes packets that come a little late for late, not for lost", () => {
    const { sent, delivered, retransmitted } = run({ roundTripMs: 20, loss: 0, jitterMs: 8 });
    expect(delivered).toBe(sent);
    expect(retransmitted / sent).toBeLessThan(0.001);
  });

  it("asks for packets lost around the wrap of sequence numbers, 65535 too, and goes on after it", () => {
    for (const numbers of [[65_535], [65_534, 65_535, 0, 1], [0]]) {
      const lost = new LostPackets();
      for (let number = 65_500; number < 65_600; number++) {
        if (!numbers.includes(number & 0xffff)) lost.received(number & 0xffff, 0);
      }
      expect(lost.due(10)).toEqual(numbers);
      lost.received(100, 10);
      expect(lost.due(20)).toEqual(Array.from({ length: 36 }, (_, index) => 64 + index));
    }
  });

  it("asks again ever later, not before the answer to the last time can be there, and then gives up", () => {
    const askedFor = (lost: LostPackets, number: number): number[] => {
      const asked: number[] = [];
      lost.received(number, 1000);
      for (let nowMs = 1000; nowMs < 6000; nowMs++) if (lost.due(nowMs).length > 0) asked.push(nowMs);
      expect(lost.size).toBe(0);
      expect(lost.nextMs).toBeUndefined();
      return asked;
    };
    const waits = (asked: number[]): number[] => asked.slice(1).map((atMs, index) => atMs - (asked[index] as number));
    const unknown = new LostPackets();
    unknown.received(0, 0);
    const long = waits(askedFor(unknown, 2));
    expect(long.length).toBeGreaterThan(1);
    // The answer to the first comes within 200 ms, or is not waited for.
    for (const [index, wait] of long.entries()) expect(wait).toBeGreaterThan(long[index - 1] ?? 195);
    const near = new LostPackets();
    for (let number = 0; number < 200; number += 2) {
      near.received(number, number);
      near.due(number + 10);
      if (number > 0) near.received(number - 1, number + 11);
    }
    const short = askedFor(near, 200);
    expect(short).toHaveLength(10);
    for (const wait of waits(short)) expect(wait).toBeLessThan(100);
  });

  it("follows a sender that begins anew, ignores one stray packet, and asks for no more than 512", () => {
    const lost = new LostPackets();
    for (const number of [1, 2, 40_000, 3, 5]) lost.received(number, 0);
    expect(lost.due(10)).toEqual([4]);
    for (const number of [20_000, 20_001, 20_003]) lost.received(number, 10);
    expect(lost.due(20)).toEqual([20_002]);
    for (let number = 20_500; number < 60_000; number += 500) lost.received(number, 20);
    expect(lost.size).toBe(512);
  });
});
