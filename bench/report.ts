import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { markdownTable } from "@inband/rig/markdown-table";
import { chart } from "./chart.ts";
import { fanOutChart, fanOutTitle } from "./fan-out-chart.ts";
import type { FanOutFigures } from "./fan-out-peers.ts";
import { number, quantity } from "./number.ts";
import type { FanOut, Row, Sweep } from "./row.ts";

const docs = join(import.meta.dirname, "../docs");
const title = "Find and parse the SEI of one H.264 access unit";

/** What the report shows, all of one run. */
export interface Measured {
  readonly machine: string;
  readonly rows: readonly Row[];
  readonly sweep: Sweep;
  readonly fanOut: readonly FanOut[];
}

/** Writes docs/bench.md and the charts that it shows, from one run. */
export async function writeReport(measured: Measured): Promise<void> {
  await mkdir(join(docs, "bench"), { recursive: true });
  await writeFile(join(docs, "bench/find-parse.svg"), chart(title, measured.sweep, measured.machine));
  await writeFile(join(docs, "bench/fan-out.svg"), fanOutChart(measured.fanOut, measured.machine));
  await writeFile(join(docs, "bench.md"), page(measured));
}

function page({ machine, rows, sweep: { bytes, contenders }, fanOut }: Measured): string {
  const [, hls, ivs] = contenders;
  return `# What it costs

Written by \`npm run bench -- --charts\`; every figure here is of one run on one machine: ${machine}. Times are medians of turns that the contenders take one after the other, so compare within a row, and trust the ratios more than the times. The peers' own code runs in each row; nothing is imitated.

![${title}: time over the frame size, for inband, ${hls?.name} and ${ivs?.name}](bench/find-parse.svg)

inband stops at the first slice, because no SEI may follow it (H.264 7.4.1.2.3), so its time does not depend on the size of the picture.

${markdownTable([
  ["frame", ...contenders.map(({ name }) => name)],
  ...bytes.map((size, at) => [
    size >= 1_000_000 ? `${size / 1_000_000} MB` : `${size / 1000} KB`,
    ...contenders.map(({ us }) => `${number(us[at] ?? 0)} us`),
  ]),
])}

## Goals

A ratio with ">=" says how many times faster inband is than the code beside it, one with "<=" how many times as long it takes, "<= +" how much longer it may take; one in bytes, ms or % is the figure itself. "not met" stands as it was measured.

The rows of CPU per packet are the CPU time of a whole process, user and system, in windows of half a second (for the fan-out two, from key frame to key frame) after a pause for what starting costs; the other side of the connection is another process. "noise" is what the code beside ours gave when it was measured a second time in the same run, over what it gave the first time: ${noise(rows)}. A difference of that size decides nothing. The latency rows have both sides in one process, 300 access units of 10 KB each, and count \`publish\` itself; the transport alone starts from packets that are made already.

The delivery rows are cells of the loss laboratory, run anew: 25 000 messages each in virtual time to a receiver in Node, twice as many where the first stay more than three standard errors below 1 - p^n, 3000 each from a werift peer to Chromium on loopback, H.264 of 640x360 at 1 Mb/s, with the publisher's defaults. [What arrives when packets are lost](loss.md) has the other cells and says how they are run.

${markdownTable([
  ["what", "inband", "beside it", "", "ratio", "noise", "goal", ""],
  ...rows.map(({ name, ours, anchor, anchorName, unit, ratio, again, goal, met }) => [
    name,
    quantity(ours, unit),
    anchorName,
    quantity(anchor, unit),
    ratio === undefined || Number.isNaN(ratio) ? "" : number(ratio),
    again === undefined || Number.isNaN(again) ? "" : number(again),
    goal,
    goal === "" ? "" : met ? "met" : "not met",
  ]),
])}

## One stream to many subscribers

![${fanOutTitle}, over werift and over node-datachannel, with messages and without](bench/fan-out.svg)

The stream has 2 Mbit/s and 30 pictures a second, with a message of 200 bytes in each picture. Each subscriber has a connection of its own; all of them are in one other process, one in ten counts the messages and packets, and a row stands only where every message came to every one of those. Over werift one \`WeriftVideo\` serves all connections; over node-datachannel each connection has a carrier of its own, which puts the messages in for itself. "alone" is the same stream without messages, by the transport's own packetizer. libdatachannel makes more packets of the same pictures than werift: it puts no two NAL units into one, and its fragments are shorter.

${markdownTable([
  ["subscribers", "carrier", "CPU per packet", "alone", "noise", "CPU for a second of video", "alone", "speed"],
  ...fanOut.flatMap(({ werift, native }) => [fanOutLine("werift", werift), fanOutLine("node-datachannel", native)]),
])}

"speed" is the share of real time at which the pictures left: below 1 where this machine, which runs the receivers too, did not send them in time.

## A stage to many subscribers

[One publisher through a stage, beside the VideoRoom of Janus](bench/stage.md): what both add to its latency, and their CPU time.
`;
}

function fanOutLine(carrier: string, { subscribers, speed, packet, second }: FanOutFigures): string[] {
  const cpu = [packet.ours, packet.plain].map((us) => `${number(us)} us`);
  const perSecond = [second.ours, second.plain].map((us) => `${number(us / 1000)} ms`);
  return [String(subscribers), carrier, ...cpu, number(packet.again / packet.plain), ...perSecond, String(speed)];
}

/** From the lowest to the highest. */
function noise(rows: readonly Row[]): string {
  const ratios = rows.flatMap(({ again }) => again ?? []);
  return `from ${number(Math.min(...ratios))} to ${number(Math.max(...ratios))}`;
}
