import type { ReceivedMessage } from "@inband/subscriber";
import { describe, expect, it } from "vitest";
import { Account, type Balance, breaches, type Sample, standardErrorOfLost } from "./account.ts";
import { FrameLedger } from "./frame-ledger.ts";
import { goalOf, judge } from "./goals.ts";
import { chooseSchedule } from "./schedule-choice.ts";
import type { VirtualRow } from "./virtual-cells.ts";

/** An account of `count` messages on one topic, of which some came. */
function accountOf(count: number, came: readonly number[]): Account {
  const account = new Account(count, 1);
  const samples = Array.from({ length: count }, (_, number) => account.next(number).sample);
  for (const number of came) receive(account, samples[number] as Sample);
  return account;
}

function receive(account: Account, value: Sample, isBacklog = false): void {
  account.received({ value, topic: "topic 0", sequence: value.number, isBacklog } as ReceivedMessage<Sample>, 1000);
}

describe("the account of a cell", () => {
  it("tells lost messages in no gap before the first, behind the last, and between others", () => {
    const account = accountOf(10, [2, 3, 6]);
    account.gap({ source: 1, topic: "topic 0", sequence: 4, missing: 1 });
    account.gap({ source: 1, topic: "topic 0", sequence: 8, missing: 1 });
    const balance = account.balance();
    expect(balance).toMatchObject({
      delivered: 3,
      reported: 2,
      unreported: 1,
      unreportedBefore: 2,
      unreportedBehind: 2,
      unreportedTopics: 0,
      unreportedAtEdges: 4,
    });
    expect(breaches(balance)).toContain("1 unreported");
  });

  it("takes nothing between messages of the backlog for promised, as they are from before the receiver was there", () => {
    const account = new Account(8, 1);
    const samples = Array.from({ length: 8 }, () => account.next(0).sample);
    for (const [number, isBacklog] of [
      [1, true],
      [3, true],
      [5, false],
      [7, false],
    ] as const) {
      receive(account, samples[number] as Sample, isBacklog);
    }
    expect(account.balance()).toMatchObject({ delivered: 4, unreported: 1, unreportedBefore: 3 });
  });

  it("tells lost messages of a topic of which none came", () => {
    expect(accountOf(4, []).balance()).toMatchObject({ unreported: 0, unreportedTopics: 4, unreportedAtEdges: 4 });
  });

  it("takes the library at its word where heartbeats came: before the topic began, and with its last message", () => {
    const told = (first: number, lastSequence: number, lastMs: number) => {
      const account = new Account(6, 1);
      account.heartbeat([], first);
      const samples = Array.from({ length: 6 }, () => account.next(1000).sample);
      receive(account, samples[2] as Sample);
      account.heartbeat([{ topic: "topic 0", lastSequence, withdrawn: [] }], lastMs);
      return account.balance(10_000);
    };
    expect(told(0, 5, 2000)).toMatchObject({ unreportedBefore: 2, unreportedBehind: 3, unreportedInSpite: 5 });
    expect(breaches(told(0, 5, 2000))).toEqual(["5 unreported in spite of heartbeats that came"]);
    expect(told(1500, 5, 2000).unreportedInSpite).toBe(3);
    expect(told(0, 4, 2000).unreportedInSpite).toBe(2);
    expect(told(0, 5, 9000).unreportedInSpite).toBe(0);
  });

  it("breaks a promise where a message comes twice, or is reported and comes", () => {
    const account = accountOf(3, [0, 1, 1, 2]);
    account.gap({ source: 1, topic: "topic 0", sequence: 1, missing: 1 });
    expect(breaches(account.balance())).toEqual(["1 twice", "1 misreported"]);
  });

  it("finds what is lost less certain where it is lost together", () => {
    const spread = Array.from({ length: 5000 }, (_, number) => number).filter((number) => number % 50 !== 0);
    const together = Array.from({ length: 5000 }, (_, number) => number).filter((number) => number >= 100);
    expect(standardErrorOfLost(accountOf(5000, spread).balance())).toBeCloseTo(9.9, 1);
    expect(standardErrorOfLost(accountOf(5000, together).balance())).toBeGreaterThan(50);
  });
});

describe("the goals", () => {
  const link = { rttMs: 50, loss: { rate: 0.05, burst: 1 }, dependencyDescriptor: true, nack: false };

  it("speak of the default copies at random loss", () => {
    expect(goalOf(link)).toMatchObject({ delivery: 0.99, p95Ms: 100 });
    expect(goalOf({ ...link, nack: true, dependencyDescriptor: false })).toMatchObject({ delivery: 0.999 });
    expect(goalOf({ ...link, copies: 1 })).toBeUndefined();
    expect(goalOf({ ...link, loss: { rate: 0.05, burst: 8 } })).toBeUndefined();
    expect(goalOf({ ...link, rttMs: 200 })).toBeUndefined();
  });

  it("are missed where fewer come or more of them are late", () => {
    const goal = { delivery: 0.99, p95Ms: 100 };
    const balance = (delivered: number, latencyMs: number): Balance => ({
      ...accountOf(0, []).balance(),
      published: 1000,
      delivered,
      latenciesMs: new Float64Array(delivered).fill(latencyMs),
    });
    expect(judge(goal, balance(990, 100)).missed).toEqual([]);
    expect(judge(goal, balance(989, 100)).missed).toEqual(["98.9 % came, 99.0 % is the goal"]);
    expect(judge(goal, balance(1000, 101)).missed).toEqual(["p95 101 ms, 100 ms is the goal"]);
  });
});

describe("the rule for the schedule", () => {
  const schedule = (name: string, lost: number, p95Ms: number, bytesPerMessage: number): VirtualRow[] =>
    (["random", "bursts"] as const).map((kind): VirtualRow => {
      const account = accountOf(5000, []).balance();
      const balance = { ...account, delivered: 5000 - lost, lostInBlocks: new Uint16Array(20).fill(lost / 20) };
      return {
        repetition: { name, n: 3 },
        loss: { rate: 0.05, burst: kind === "random" ? 1 : 8 },
        receiver: "frames",
        seed: 1,
        result: {
          ...balance,
          latenciesMs: new Float64Array(5000 - lost).fill(p95Ms),
          bytesPerMessage,
          lossRate: 0.05,
          misbound: 0,
        },
        breaches: [],
      };
    });

  it("takes of those in time the one that loses fewest in bursts", () => {
    const rows = [schedule("near", 400, 90, 400), schedule("far", 20, 130, 400), schedule("repeated", 200, 90, 600)];
    const { inTime, chosen } = chooseSchedule(rows.flat());
    expect(inTime.map(({ name }) => name)).toEqual(["near", "repeated"]);
    expect(chosen?.name).toBe("repeated");
  });

  it("takes the one of fewer bytes where the others do not differ by three standard errors", () => {
    expect(chooseSchedule([schedule("a", 200, 90, 600), schedule("b", 220, 90, 400)].flat()).chosen?.name).toBe("b");
  });

  it("takes none where none is in time", () => {
    expect(chooseSchedule(schedule("far", 20, 130, 400))).toEqual({ inTime: [], chosen: undefined });
  });
});

describe("the ledger of access units", () => {
  it("holds what was read against the packets that came", () => {
    const ledger = new FrameLedger();
    for (const [rtpTimestamp, isLost] of [
      [10, false],
      [10, false],
      [20, true],
      [20, false],
      [30, false],
    ] as const) {
      ledger.sent(rtpTimestamp, isLost);
    }
    expect(ledger.balance(accountOf(4, [0, 1, 3]), [10, 10, 20, 30])).toEqual({
      whole: 2,
      wholeAndRead: 2,
      broken: 1,
      brokenAndRead: 0,
    });
  });
});
