import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { percentile } from "./account.ts";
import type { Loss } from "./channel.ts";
import { chart, type Panel } from "./chart.ts";
import type { RealResult } from "./real-cell.ts";
import { lossText, percent, tableOf } from "./text.ts";
import { delivery, deliveryWithin, lossRates, percentiles, repetitions, type VirtualRow } from "./virtual-cells.ts";

/** What one run measured. */
export interface Measured {
  readonly machine: string;
  readonly seed: number;
  readonly virtual: readonly VirtualRow[];
  readonly compared: readonly VirtualRow[];
  readonly werift: readonly RealResult[];
  readonly chromium: readonly RealResult[];
}

const docs = join(import.meta.dirname, "../../docs");
const title = "Messages lost over packets lost";

/** Writes docs/loss.md and its chart. */
export async function writeReport(measured: Measured): Promise<void> {
  const { virtual } = measured;
  const rates = lossRates.filter((rate) => rate > 0);
  const panel = (name: string, burst: number): Panel => ({
    title: name,
    lines: repetitions.map((repetition) => ({
      name: repetition.name,
      lost: rates.map((rate) => 1 - delivery(rowOf(virtual, repetition.name, { rate, burst }).result)),
    })),
  });
  const panels = [panel("each packet by itself", 1), panel("in bursts of 8 packets on average", 8)];
  await writeFile(join(docs, "loss.svg"), chart(title, rates, panels));
  await writeFile(join(docs, "loss.md"), page(measured));
}

function page({ machine, seed, virtual, compared, werift, chromium }: Measured): string {
  const balances = [
    ...virtual.map(({ result }) => result),
    ...compared.map(({ result }) => result),
    ...[...werift, ...chromium].map(({ balance }) => balance),
  ];
  const sum = (count: (balance: (typeof balances)[number]) => number): number =>
    balances.reduce((total, balance) => total + count(balance), 0);
  const lost = sum(({ published, delivered }) => published - delivered);
  const broken =
    virtual.concat(compared).filter(({ breaches }) => breaches.length > 0).length +
    [...werift, ...chromium].filter(({ breaches }) => breaches.length > 0).length;
  const perCell = virtual[0]?.result.published ?? 0;
  const perSchedule = compared[0]?.result.published ?? 0;
  const perReal = werift[0]?.balance.published ?? 0;
  return `# What arrives when packets are lost

Written by \`npm run loss\`; every figure here is of one run with seed ${seed} on one machine: ${machine}.

![${title}, for one, three and five copies and the default](loss.svg)

Of ${thousands(sum(({ published }) => published))} messages in ${balances.length} cells ${thousands(sum(({ delivered }) => delivered))} came, ${sum(({ twice }) => twice)} of them twice and ${sum(({ corrupted }) => corrupted)} changed. Of the ${thousands(lost)} lost ones ${thousands(sum(({ reported, misreported }) => reported - misreported))} were reported as a gap, and ${thousands(sum(({ unreported, unreportedAtEdges }) => unreported + unreportedAtEdges))} were not: ${thousands(sum(({ unreportedAtEdges }) => unreportedAtEdges))} of those before the first or behind the last that came of their topic. ${sum(({ misreported }) => misreported)} were reported that had come. ${broken === 0 ? "No cell broke a promise." : `Cells that broke a promise: ${broken}.`}

## In virtual time, to a receiver in Node without NACK

${thousands(perCell)} messages in each cell through the real publisher, outbox, payloader, feed and subscriber; one packet in 50 comes 12 ms late, one in 100 twice; one way takes 25 ms. Frames have 5 packets, key frames 18, every two seconds. No two messages share a packet, so \`1 - p^n\` is what n copies must reach: a cell that stays more than three standard errors below it is measured once more with another seed, and must not do so again. The default is three copies and one on each of the next two key frames. In brackets: how many were lost.

${virtualTable(virtual, 1)}

A key frame takes 4 KiB of messages and the newest first, which is where the default loses more than five copies would on five packets. Cost in bytes of SEI for each message of 20 to 60 letters: ${repetitions.map(({ name }) => `${name} ${rowOf(virtual, name, { rate: 0, burst: 1 }).result.bytesPerMessage.toFixed(0)}`).join(", ")}.

### Bursts

Gilbert-Elliott: a burst takes every packet and lasts 3 or 8 packets on average, so that it often takes the whole of a frame and the beginning of the next.

${virtualTable(virtual, 3)}

${virtualTable(virtual, 8)}

## Which access units copies should ride

${thousands(perSchedule)} messages in each cell, 10 % of the packets lost, built by the laboratory beside the library's outbox. "Node" reads each packet; "Chromium with the Dependency Descriptor" reads each frame of which every packet came, so that copies on the large key frames seldom help it; its first row is the default without the library's limit of 4 KiB on an access unit. Print it with \`npm run loss -- --schedules\`.

${scheduleTable(compared)}

## Between real peers on loopback

Each connection carries ${thousands(perReal)} messages in ${werift[0]?.cell.seconds ?? 0} s, four on each frame, and loses, delays, reorders and doubles the RTP that werift sends, retransmissions included. Messages of one frame are lost together, so a cell says less than its count; several cells run at a time, so latencies are those of a busy machine. NACK off means that neither side may ask for a lost packet.

### werift to werift

${realTable(werift)}

### werift to Chromium

H.264 of 640x360 at 1 Mb/s. What Chromium sends is not delayed: the whole round trip lies on the way there, and the latency holds all of it. DD is the Dependency Descriptor.

${realTable(chromium)}
`;
}

function virtualTable(rows: readonly VirtualRow[], burst: number): string {
  const rates = lossRates.filter((rate) => burst === 1 || rate > 0);
  return tableOf([
    [burst === 1 ? "lost" : `bursts of ${burst}`, ...repetitions.map(({ name }) => name), "p50/p95/p99 of the default"],
    ...rates.map((rate) => [
      lossText({ rate, burst: 1 }),
      ...repetitions.map(({ name }) => {
        const { result } = rowOf(rows, name, { rate, burst });
        return `${percent(delivery(result))} (${result.published - result.delivered})`;
      }),
      times(percentiles(rowOf(rows, "default", { rate, burst }).result)),
    ]),
  ]);
}

function scheduleTable(rows: readonly VirtualRow[]): string {
  const receivers = { packets: "Node", frames: "Chromium with the Dependency Descriptor" } as const;
  const names = [...new Set(rows.map(({ repetition }) => repetition.name))];
  return (["packets", "frames"] as const)
    .map((receiver) => {
      const bursts = [1, 3, 8];
      const found = (name: string, burst: number): VirtualRow | undefined =>
        rows.find((row) => row.receiver === receiver && row.repetition.name === name && row.loss.burst === burst);
      return `${receivers[receiver]}:\n\n${tableOf([
        [
          "copies on",
          ...bursts.flatMap((burst) => [burst === 1 ? "random" : `bursts of ${burst}`, "in 150 ms", "p95/p99"]),
        ],
        ...names.map((name) => [
          name,
          ...bursts.flatMap((burst) => {
            const row = found(name, burst);
            if (row === undefined) return ["", "", ""];
            const [, p95, p99] = percentiles(row.result);
            return [percent(delivery(row.result)), percent(deliveryWithin(row.result, 150)), times([p95, p99])];
          }),
        ]),
      ])}`;
    })
    .join("\n\n");
}

function realTable(results: readonly RealResult[]): string {
  return tableOf([
    ["NACK", "DD", "round trip", "lost packets", "copies", "came", "reported missing", "p50/p95", "packets sent"],
    ...results.map(({ cell, balance, sentPackets }) => [
      cell.nack ? "on" : "off",
      cell.dependencyDescriptor ? "on" : "off",
      `${cell.rttMs} ms`,
      lossText(cell.loss),
      cell.copies === undefined ? "default" : String(cell.copies),
      percent(balance.delivered / balance.published),
      String(balance.reported),
      times([percentile(balance.latenciesMs, 0.5), percentile(balance.latenciesMs, 0.95)]),
      thousands(sentPackets),
    ]),
  ]);
}

function rowOf(rows: readonly VirtualRow[], name: string, { rate, burst }: Loss): VirtualRow {
  const row = rows.find(
    ({ repetition, loss }) => repetition.name === name && loss.rate === rate && loss.burst === burst,
  );
  if (row === undefined) throw new Error(`no cell ${name} at ${lossText({ rate, burst })}`);
  return row;
}

function times(values: readonly number[]): string {
  return `${values.map((ms) => ms.toFixed(0)).join("/")} ms`;
}

function thousands(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, " ");
}
