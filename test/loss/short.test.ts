import { describe, expect, it } from "vitest";
import { joinRow } from "./join-rows.ts";
import { chromiumCells, runReal, weriftCells } from "./real-cells.ts";
import { repetitions, virtualRow } from "./virtual-cells.ts";

const messages = 800;

describe(`${messages} messages in virtual time over a channel that loses, reorders and doubles packets`, () => {
  const random = [0.05, 0.2].flatMap((rate) => repetitions.map((repetition) => ({ repetition, rate, burst: 1 })));
  const bursts = [3, 8].flatMap((burst) =>
    repetitions.slice(2).map((repetition) => ({ repetition, rate: 0.1, burst })),
  );

  it.each(random.map((cell) => [`${cell.rate * 100} %`, cell.repetition.name, cell] as const))(
    "at %s random loss with %s, no fewer come than by 1 - p^n, none twice or changed, and every lost one is in one gap",
    (_, __, { repetition, rate, burst }) => {
      expect(virtualRow(repetition, { rate, burst }, messages).breaches).toEqual([]);
    },
  );

  it.each(bursts.map((cell) => [cell.burst, cell.repetition.name, cell] as const))(
    "in bursts of %i with %s, none comes twice or changed, and every lost one is in one gap",
    (_, __, { repetition, rate, burst }) => {
      expect(virtualRow(repetition, { rate, burst }, messages).breaches).toEqual([]);
    },
  );

  it("come out the same for the same seed, and not for another", () => {
    const [, three = repetitions[0]] = repetitions;
    const run = (seed: number) =>
      virtualRow(three as (typeof repetitions)[0], { rate: 0.2, burst: 1 }, 300, { seed }).result;
    expect(run(1)).toEqual(run(1));
    expect(run(2).latenciesMs).not.toEqual(run(1).latenciesMs);
  });
});

describe("receivers that join a stream of messages on three topics", () => {
  const cells = (["packets", "frames"] as const).flatMap((receiver) =>
    [3, 30].flatMap((messagesPerSecond) => [0, 0.05].map((rate) => ({ receiver, messagesPerSecond, rate }))),
  );

  it.each(cells)(
    "get what was published before in order or not at all, none twice and none reported: $receiver, $messagesPerSecond a second, $rate lost",
    ({ receiver, messagesPerSecond, rate }) => {
      const { result, breaches } = joinRow({
        seed: 1,
        joins: 8,
        messagesPerSecond,
        loss: { rate, burst: 1 },
        receiver,
      });
      expect(breaches).toEqual([]);
      expect(result.beforeDelivered).toBeGreaterThan(0);
    },
  );
});

describe("messages over real peers that lose 5 % of their packets", () => {
  it("come once or are in a gap, to werift and to Chromium, and with NACK every one comes", async () => {
    const grids = [weriftCells(true, 1), chromiumCells(true, 1)];
    const results = (await Promise.all(grids.map((cells) => runReal(cells, () => {})))).flat();
    expect(results.flatMap(({ breaches }) => breaches)).toEqual([]);
    expect(results.map(({ balance }) => balance.published)).toEqual([240, 240, 240, 240, 240, 240]);
    for (const { cell, balance } of results) if (cell.nack) expect(balance.delivered).toBe(balance.published);
  });
});
