import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Loss } from "@inband/rig/channel";
import { markdownTable } from "@inband/rig/markdown-table";
import { percentile } from "@inband/rig/percentile";
import { type Balance, messagesPerBlock as perBlock } from "./account.ts";
import { chart, type Panel } from "./chart.ts";
import { type JoinRow, joinTable } from "./join-rows.ts";
import { accessUnit } from "./picture.ts";
import type { RealResult } from "./real-cell.ts";
import { isLate } from "./real-cells.ts";
import { chooseSchedule, differ, p95LimitMs } from "./schedule-choice.ts";
import { lossText, percent } from "./text.ts";
import {
  delivery,
  deliveryWithin,
  inTimeMs,
  keyFrameLosses,
  lossRates,
  percentiles,
  repetitions,
  scheduleLosses,
  type VirtualRow,
} from "./virtual-cells.ts";

/** What one run measured. */
export interface Measured {
  readonly machine: string;
  readonly seed: number;
  readonly virtual: readonly VirtualRow[];
  readonly joins: readonly JoinRow[];
  readonly schedules: readonly VirtualRow[];
  readonly allowances: readonly VirtualRow[];
  readonly werift: readonly RealResult[];
  readonly chromium: readonly RealResult[];
}

const docs = join(import.meta.dirname, "../../docs");
const keyFrameKib = Math.round(accessUnit(0).nalUnits.reduce((sum, { length }) => sum + length, 0) / 1024);
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

function page({ machine, seed, virtual, joins, schedules, allowances, werift, chromium }: Measured): string {
  const inVirtualTime = [...virtual, ...schedules, ...allowances];
  const real = [...werift, ...chromium];
  const balances: readonly Balance[] = [
    ...inVirtualTime.map(({ result }) => result),
    ...real.map(({ balance }) => balance),
  ];
  const sum = (count: (balance: Balance) => number): number =>
    balances.reduce((total, balance) => total + count(balance), 0);
  const lost = sum(({ published, delivered }) => published - delivered);
  const broken = [...inVirtualTime, ...joins, ...real].filter(({ breaches }) => breaches.length > 0).length;
  const perCell = thousands(virtual[0]?.result.published ?? 0);
  return `# What arrives when packets are lost

Written by \`npm run loss\`; every figure here is of one run with seed ${seed} on one machine: ${machine}.

![${title}, for one, three and five copies and the default](loss.svg)

Of ${thousands(sum(({ published }) => published))} messages in ${balances.length} cells ${thousands(sum(({ delivered }) => delivered))} came, ${sum(({ twice }) => twice)} of them twice and ${sum(({ corrupted }) => corrupted)} changed. Of the ${thousands(lost)} lost ones ${thousands(sum(({ reported, misreported }) => reported - misreported))} were reported as a gap; ${sum(({ misreported }) => misreported)} were reported that had come. ${unreportedText(balances)} ${broken === 0 ? "No cell broke a promise." : `Cells that broke a promise: ${broken}.`}

## The goals

${goalText(real)}

## In virtual time, to a receiver in Node without NACK

${perCell} messages in each cell through the real publisher, outbox, payloader, feed and subscriber; one packet in 50 comes 12 ms late, one in 100 twice; one way takes 25 ms. Frames have 5 packets, key frames 18, every two seconds. No two messages share a packet, so \`1 - p^n\` is what n copies must reach: a cell that stays more than three standard errors below it is measured once more with another seed, and must not do so again. The default is three copies and one on each of the next two key frames. In brackets: how many were lost.

${virtualTable(virtual, 1)}

Cost in bytes of SEI for each message of 20 to 60 letters: ${repetitions.map(({ name }) => `${name} ${rowOf(virtual, name, { rate: 0, burst: 1 }).result.bytesPerMessage.toFixed(0)}`).join(", ")}.

### Bursts

Gilbert-Elliott: a burst takes every packet and lasts 3 or 8 packets on average, so that it often takes the whole of a frame and the beginning of the next.

${virtualTable(virtual, 3)}

${virtualTable(virtual, 8)}

## Who joins late

Receivers join a stream with messages on three topics at random times, each over a channel of its own, in virtual time, and ask for a key frame with the first packet. A key frame carries copies of what was sent in the 5 s before: where there is not room for all, those of the highest priority and of these the newest, written in the order of publishing, so that a receiver reads each topic in the order of its sequence. What a later key frame brings behind a newer message of its topic is not delivered and not reported as lost ("came and was behind"). A receiver in Node reads live messages before its first key frame, at once, and then no older ones of their topics; a browser begins with the key frame. Messages say by \`isBacklog\` that they are from before.

${joinTable(joins)}

## Which access units copies should ride

${perCell} messages in each cell, ten in a second, through a carrier of the laboratory that knows any schedule and keeps the library's limits. "Node" reads each packet; "Chromium with the Dependency Descriptor" reads each access unit of which every packet came. In each cell: how many were lost, how many of those that came took more than ${inTimeMs} ms, and p95/p99. Bold: what was lost differs from the default, which is the first row, by more than three standard errors; these count that messages are lost together, by how 100 blocks of ${perBlock} messages differ. Print it with \`npm run loss -- --schedules\`.

${scheduleTables(schedules)}

${scheduleText(schedules)}

### How much a key frame should carry

The default, with more room for messages on key frames; what else is on them and how the cells are read is as above, and bold is what differs from 4 KiB, which the library allows on any access unit. The key frames here have ${keyFrameKib} KiB without messages, so 4 KiB make them larger by ${share(4 / keyFrameKib)}, 8 KiB by ${share(8 / keyFrameKib)} and 16 KiB by ${share(16 / keyFrameKib)}, where so many messages wait.

${allowanceTable(allowances)}

${allowanceText}

## Between real peers on loopback

Each connection loses, delays, reorders and doubles the RTP that werift sends, retransmissions included, and delays what it receives; half of the round trip lies on each way, so the latency, from \`publish\` to the listener, holds half of it. ${countsText(real)} Several cells run at a time, so latencies are those of a busy machine. NACK off means that neither side may ask for a lost packet. "Not reported" are messages that were lost and are in no gap: before the first and behind the last that came of their topic; a message of the backlog, which speaks of what lies before the first access unit that came, is no first, since a receiver cannot tell whether it was there for what lies behind it. Where a heartbeat came before a topic began, or one that names its last message, the library owes a gap for them, and a cell without it breaks a promise.

${latenessText(real)}

### werift to werift

${realTable(werift)}

### werift to Chromium

H.264 of 640x360 at 1 Mb/s with a key frame every 60 frames and after losses.

${realTable(chromium)}

${framesText(chromium)}
`;
}

function virtualTable(rows: readonly VirtualRow[], burst: number): string {
  const rates = lossRates.filter((rate) => burst === 1 || rate > 0);
  return markdownTable([
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

const receivers = { packets: "Node", frames: "Chromium with the Dependency Descriptor" } as const;

function scheduleTables(rows: readonly VirtualRow[]): string {
  return (["packets", "frames"] as const)
    .map((receiver) => {
      const own = rows.filter((row) => row.receiver === receiver);
      return `${receivers[receiver]}:\n\n${comparison("copies on", own, scheduleLosses)}`;
    })
    .join("\n\n");
}

function allowanceTable(rows: readonly VirtualRow[]): string {
  return (["packets", "frames"] as const)
    .map((receiver) => {
      const own = rows.filter((row) => row.receiver === receiver);
      return `${receivers[receiver]}:\n\n${comparison("room", own, keyFrameLosses)}`;
    })
    .join("\n\n");
}

const allowanceText =
  "Room for more counts where more than 4 KiB of copies wait for a key frame, as ten messages a second with two key frames each are here, and chiefly in long bursts. It also makes those key frames larger, which for the picture are the packets that must not be lost: the 640x360 at 1 Mb/s of the cells below has key frames of 12 KiB. So the library allows no more on a key frame than on another access unit, and an application with larger ones raises `limits.bytesPerAccessUnit` of its carrier.";

/** Names by losses; the first name is what the others are held against. */
function comparison(head: string, rows: readonly VirtualRow[], losses: readonly Loss[]): string {
  const names = [...new Set(rows.map(({ repetition }) => repetition.name))];
  return markdownTable([
    [head, "bytes", ...losses.map(lossText)],
    ...names.map((name) => [
      name,
      rowOf(rows, name, losses[0] as Loss).result.bytesPerMessage.toFixed(0),
      ...losses.map((loss) => {
        const row = rowOf(rows, name, loss);
        const { published, delivered } = row.result;
        const late = delivered - Math.round(deliveryWithin(row.result, inTimeMs) * published);
        const lost = String(published - delivered);
        const [, p95, p99] = percentiles(row.result);
        const isOther = differ(row, rowOf(rows, names[0] as string, loss));
        return `${isOther ? `**${lost}**` : lost}, ${late}, ${times([p95, p99])}`;
      }),
    ]),
  ]);
}

function scheduleText(rows: readonly VirtualRow[]): string {
  const { inTime, chosen } = chooseSchedule(rows);
  const [standard] = rows;
  const rule = `The rule for the default: p95 within ${p95LimitMs} ms at 5 % random loss for a receiver of whole access units; of the schedules that keep it the one that loses fewest in bursts, all cells with bursts together; where that is no more than three standard errors, fewest bytes.`;
  if (chosen === undefined) return `${rule} None keeps the time.`;
  const kept = inTime
    .map(
      ({ name, p95Ms, lostInBursts, standardError }) =>
        `${name} (${p95Ms.toFixed(0)} ms, ${thousands(lostInBursts)} lost in bursts, standard error ${standardError.toFixed(0)})`,
    )
    .join("; ");
  return `${rule} These keep the time: ${kept}. The rule takes ${chosen.name}${chosen.name === standard?.repetition.name ? ", which is the default" : ", which is not the default"}. Copies further apart lose less in bursts, and are later wherever the first two are lost, which happens to one message in fourteen at 5 % of packets where an access unit has six.`;
}

function goalText(real: readonly RealResult[]): string {
  const judged = real.filter(({ verdict }) => verdict !== undefined);
  const unmet = judged.filter(({ verdict }) => (verdict?.missed.length ?? 0) > 0);
  const table = markdownTable([
    ["werift to Chromium", "round trip", "lost packets", "came", "goal", "p95", "goal", ""],
    ...judged.map(({ cell, balance, verdict }) => [
      `NACK ${cell.nack ? "on" : "off"}, DD ${cell.dependencyDescriptor ? "on" : "off"}`,
      `${cell.rttMs} ms`,
      lossText(cell.loss),
      `${percent(balance.delivered / balance.published)} (${balance.published - balance.delivered} of ${thousands(balance.published)} lost)`,
      verdict ? `>= ${Number((100 * verdict.goal.delivery).toFixed(1))} %` : "",
      times([percentile(balance.latenciesMs, 0.95)]),
      verdict?.goal.p95Ms === undefined ? "" : `<= ${verdict.goal.p95Ms} ms`,
      verdict?.missed.length === 0 ? "met" : "not met",
    ]),
  ]);
  const outcome =
    unmet.length === 0
      ? "All are met."
      : `Not met: ${unmet.map((result) => `${conditionsText(result)}: ${result.verdict?.missed.join(", ")}`).join("; ")}.`;
  return `To Chromium with the default copies, one message on each frame, so that a cell says as much as its count. DD is the Dependency Descriptor, an RTP header extension that says which frames each frame needs. The figures behind the limits of time were taken on a link without delay. A message that needs its third copy waits 67 ms for it, and with a round trip of 50 ms is 25 ms on its way, before Chromium has all of the access unit.\n\n${table}\n\n${outcome}`;
}

/** What was lost and is in no gap, and where. */
function unreportedText(balances: readonly Balance[]): string {
  const sum = (count: (balance: Balance) => number): number =>
    balances.reduce((total, balance) => total + count(balance), 0);
  const all = sum(({ unreported, unreportedAtEdges }) => unreported + unreportedAtEdges);
  if (all === 0) return "Every lost one was reported.";
  return `${thousands(all)} lost ones were not reported: ${thousands(sum(({ unreportedBefore }) => unreportedBefore))} before the first that came of their topic, ${thousands(sum(({ unreportedBehind }) => unreportedBehind))} behind the last, ${thousands(sum(({ unreportedTopics }) => unreportedTopics))} of topics of which none came, and ${thousands(sum(({ unreported }) => unreported))} between others.`;
}

function countsText(real: readonly RealResult[]): string {
  const least = Math.min(...real.map(({ balance }) => balance.published));
  const { messagesPerFrame, secondsAfter } = real[0]?.cell ?? { messagesPerFrame: 0, secondsAfter: 0 };
  return `A cell has at least ${thousands(least)} messages: one on each frame for the cells with a goal, and ${messagesPerFrame} on each for the others, where the messages of one frame are lost together and a cell says less than its count. Frames go on for ${secondsAfter} s after the last message.`;
}

function latenessText(real: readonly RealResult[]): string {
  const p99 = Math.max(...real.map(({ lateness }) => lateness.p99Ms));
  const most = Math.max(...real.map(({ lateness }) => lateness.maxMs));
  const late = real.filter(isLate);
  const rest =
    late.length === 0
      ? "No cell had more than one frame in a hundred later than the next one was due."
      : `In ${late.length} of ${real.length} cells more than one frame in a hundred was later than the next one was due, so that their latencies are not those of the library: ${late.slice(0, 6).map(conditionsText).join("; ")}${late.length > 6 ? "; and others" : ""}.`;
  return `The clock of the frames: in the worst cell one frame in a hundred left ${p99.toFixed(0)} ms late or more, and the latest of all ${most.toFixed(0)} ms. ${rest}`;
}

/** What is known of access units where each message rides one and nothing is sent again. */
function framesText(chromium: readonly RealResult[]): string {
  const lines = chromium.flatMap(({ cell, frames }) =>
    frames === undefined
      ? []
      : `with a round trip of ${cell.rttMs} ms ${thousands(frames.whole)} access units came whole, of which Chromium handed over ${thousands(frames.wholeAndRead)}, and ${thousands(frames.broken)} did not, of which it handed over ${thousands(frames.brokenAndRead)}`,
  );
  const balances = chromium.flatMap(({ frames }) => frames ?? []);
  const isEach = balances.every(
    ({ whole, wholeAndRead, brokenAndRead }) => wholeAndRead === whole && brokenAndRead === 0,
  );
  const law = isEach
    ? " So every access unit of which all packets come is read and no other, whatever the round trip, and what arrives without NACK follows from how many packets an access unit has."
    : "";
  return `What the Dependency Descriptor gives without NACK, in the cells with one copy at 5 %: ${lines.join("; ")}.${law}`;
}

function conditionsText({ cell }: RealResult): string {
  const { receiver, nack, dependencyDescriptor, rttMs, loss, copies } = cell;
  const repetition = copies === undefined ? "" : `, ${copies} copies`;
  return `${receiver}, NACK ${nack ? "on" : "off"}, DD ${dependencyDescriptor ? "on" : "off"}, ${rttMs} ms, ${lossText(loss)}${repetition}`;
}

function realTable(results: readonly RealResult[]): string {
  return markdownTable([
    [
      "NACK",
      "DD",
      "round trip",
      "lost packets",
      "copies",
      "came",
      "reported missing",
      "not reported, before/behind",
      "p50/p95",
      "packets sent",
    ],
    ...results.map(({ cell, balance, sentPackets }) => [
      cell.nack ? "on" : "off",
      cell.dependencyDescriptor ? "on" : "off",
      `${cell.rttMs} ms`,
      lossText(cell.loss),
      cell.copies === undefined ? "default" : String(cell.copies),
      percent(balance.delivered / balance.published),
      String(balance.reported),
      `${balance.unreportedBefore}/${balance.unreportedBehind}${balance.unreportedTopics > 0 ? `, ${balance.unreportedTopics} of lost topics` : ""}`,
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

function share(part: number): string {
  return `${Math.round(100 * part)} %`;
}

function times(values: readonly number[]): string {
  return `${values.map((ms) => ms.toFixed(0)).join("/")} ms`;
}

function thousands(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, " ");
}
