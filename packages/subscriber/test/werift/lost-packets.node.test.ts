import { describe, expect, it } from "vitest";
import { LostPackets } from "../../src/werift/lost-packets.ts";

/** Numbers from 0 to 1, the same in each run. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

interface Run {
  readonly sent: number;
  readonly delivered: number;
  readonly retransmitted: number;
  readonly duplicates: number;
}

/** One packet every 4 ms over a line with loss and delay, in virtual time; the sender answers each request it gets. */
function run(options: { roundTripMs: number; loss: number; jitterMs?: number; packets?: number }): Run {
  const { roundTripMs, loss, jitterMs = 0, packets = 20_000 } = options;
  const chance = random(roundTripMs + 1);
  const lost = new LostPackets();
  const arrivals = new Map<number, number[]>();
  const requests = new Map<number, number[]>();
  const at = (map: Map<number, number[]>, ms: number, number: number): void => {
    const slot = Math.round(ms);
    map.set(slot, [...(map.get(slot) ?? []), number]);
  };
  const seen = new Map<number, number>();
  let retransmitted = 0;
  const send = (nowMs: number, number: number): void => {
    if (chance() >= loss) at(arrivals, nowMs + roundTripMs / 2 + chance() * jitterMs, number);
  };
  for (let nowMs = 0; nowMs < packets * 4 + 3000; nowMs++) {
    if (nowMs % 4 === 0 && nowMs / 4 < packets) send(nowMs, nowMs / 4);
    for (const number of requests.get(nowMs) ?? []) {
      retransmitted += 1;
      send(nowMs, number);
    }
    for (const number of arrivals.get(nowMs) ?? []) {
      seen.set(number, (seen.get(number) ?? 0) + 1);
      lost.received(number & 0xffff, nowMs);
    }
    for (const number of lost.due(nowMs)) {
      const whole = [...Array(Math.ceil(packets / 65_536))].map((_, cycle) => number + cycle * 65_536);
      const wanted = whole.find((candidate) => Math.abs(candidate - nowMs / 4) < 10_000);
      if (wanted !== undefined) at(requests, Math.max(nowMs + roundTripMs / 2, nowMs + 1), wanted);
    }
  }
  const copies = [...seen.values()].reduce((sum, count) => sum + count, 0);
  return { sent: packets, delivered: seen.size, retransmitted, duplicates: copies - seen.size };
}

describe("LostPackets", () => {
  for (const roundTripMs of [0, 50, 200]) {
    it(`brings everything at 5 % loss and ${roundTripMs} ms, with few packets beyond those that were lost`, () => {
      const { sent, delivered, retransmitted, duplicates } = run({ roundTripMs, loss: 0.05, packets: 70_000 });
      // The last ones have none after them that would show their loss.
      expect(sent - delivered).toBeLessThanOrEqual(roundTripMs < 200 ? 5 : 70);
      expect(retransmitted / sent).toBeLessThan(0.058);
      expect(duplicates / sent).toBeLessThan(0.002);
    });
  }

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

  it("asks ten times at most, not before the answer to the last time can be there, and then gives up", () => {
    const lost = new LostPackets();
    lost.received(0, 0);
    lost.received(2, 0);
    const asked: number[] = [];
    for (let nowMs = 0; nowMs < 5000; nowMs++) if (lost.due(nowMs).length > 0) asked.push(nowMs);
    expect(asked).toHaveLength(10);
    expect(asked.every((atMs, index) => index === 0 || atMs - (asked[index - 1] as number) >= 100)).toBe(true);
    expect(lost.size).toBe(0);
    expect(lost.nextMs).toBeUndefined();
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
