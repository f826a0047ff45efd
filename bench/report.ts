import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { chart } from "./chart.ts";
import { number } from "./number.ts";
import type { Row, Sweep } from "./row.ts";

const docs = join(import.meta.dirname, "../docs");
const title = "Find and parse the SEI of one H.264 access unit";

/** Writes docs/bench.md and the chart that it shows, from one run. */
export async function writeReport(machine: string, rows: readonly Row[], sweep: Sweep): Promise<void> {
  await mkdir(join(docs, "bench"), { recursive: true });
  await writeFile(join(docs, "bench/find-parse.svg"), chart(title, sweep, machine));
  await writeFile(join(docs, "bench.md"), page(machine, rows, sweep));
}

function page(machine: string, rows: readonly Row[], { bytes, contenders }: Sweep): string {
  const [, hls, ivs] = contenders;
  return `# What it costs

Written by \`npm run bench -- --charts\`; every figure here is of one run on one machine: ${machine}. Times are medians of turns that the contenders take one after the other, so compare within a row, and trust the ratios more than the times. The peers' own code runs in each row; nothing is imitated.

![${title}: time over the frame size, for inband, ${hls?.name} and ${ivs?.name}](bench/find-parse.svg)

inband stops at the first slice, because no SEI may follow it (H.264 7.4.1.2.3), so its time does not depend on the size of the picture.

${tableOf([
  ["frame", ...contenders.map(({ name }) => name)],
  ...bytes.map((size, at) => [
    size >= 1_000_000 ? `${size / 1_000_000} MB` : `${size / 1000} KB`,
    ...contenders.map(({ us }) => `${number(us[at] ?? 0)} us`),
  ]),
])}

## Goals

A ratio with ">=" says how many times faster inband is than the code beside it, one with "<=" how many times as long it takes, "<= +" how much longer it may take, and one in bytes is a size. "not met" stands as it was measured.

The rows of CPU per packet are the CPU time of a whole process, user and system, in windows of half a second after a pause for what starting costs; the other side of the connection is another process. On a busy machine of 2 cores the receiver measured against itself in one run gave ratios from 1.00 to 1.11, so a difference of that size decides nothing. The latency rows have both sides in one process, 300 access units of 10 KB each, and count \`publish\` itself; the transport alone starts from packets that are made already.

${tableOf([
  ["what", "inband", "beside it", "", "ratio", "goal", ""],
  ...rows.map(({ name, ours, anchor, anchorName, unit, ratio, goal, met }) => [
    name,
    `${number(ours)} ${unit}`,
    anchorName,
    `${number(anchor)} ${unit}`,
    number(ratio),
    goal,
    met ? "met" : "not met",
  ]),
])}
`;
}

function tableOf([head = [], ...lines]: readonly (readonly string[])[]): string {
  const rule = head.map(() => "---");
  return [head, rule, ...lines].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}
