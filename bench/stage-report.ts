import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { markdownTable } from "@inband/rig/markdown-table";
import { number, quantity } from "./number.ts";
import type { ServerFigures, StageFigures } from "./stage-fan-out.ts";

const folder = join(import.meta.dirname, "../docs/bench");

/** Writes docs/bench/stage.md. */
export async function writeStageReport(machine: string, stages: readonly StageFigures[]): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "stage.md"), page(machine, stages));
}

function page(machine: string, stages: readonly StageFigures[]): string {
  return `# A stage to many subscribers

Written by \`npm run bench -- --only stage --charts\`; every figure here is of one run on one machine: ${machine}.

One publisher sends the same stream through a stage and through the VideoRoom of Janus, by turns in windows of four seconds, to subscribers on node-datachannel, all in one process; sender, stage and Janus have a process each. "added latency" is by how much the last packet of a picture comes later through the server than over a connection straight from the sender to the same process, as one subscriber in ten notes it; the rest of the columns is CPU time of the server, all its threads, for one packet to one subscriber. Janus stands twice, measured in turns of its own: what it differs from itself is noise.

${markdownTable([
  ["subscribers", "server", "added latency p50", "p95", "p99", "CPU per packet", "arrived", "speed"],
  ...stages.flatMap((figures) => stageLines(figures)),
])}

${behind(stages)}
`;
}

function stageLines({ subscribers, speed, stage, janus, again }: StageFigures): string[][] {
  const line = (name: string, { latenciesMs: { p50, p95, p99 }, packetUs, arrived }: ServerFigures): string[] => [
    ...[String(subscribers), name, ...[p50, p95, p99].map((ms) => quantity(ms, "ms")), quantity(packetUs, "us")],
    ...[quantity(100 * arrived, "%"), String(speed)],
  ];
  return [
    line("inband", stage),
    janus ? line("Janus", janus) : [String(subscribers), "Janus", "unavailable", "", "", "", "", ""],
    ...(again ? [line("Janus again", again)] : []),
  ];
}

/** Where the stage takes more than Janus, by more than Janus differs from itself. */
function behind(stages: readonly StageFigures[]): string {
  if (stages.every(({ janus }) => janus === undefined)) return "Janus was not there to be measured.";
  const places = stages.flatMap(({ subscribers, stage, janus, again }) => {
    if (!janus || !again) return [];
    const worse = (what: string, of: (figures: ServerFigures) => number): string[] => {
      const most = Math.max(of(janus), of(again));
      return of(stage) > most ? [`${what} at ${subscribers} (${number(of(stage) / of(janus))} times)`] : [];
    };
    return [
      ...worse("latency p50", ({ latenciesMs }) => latenciesMs.p50),
      ...worse("latency p95", ({ latenciesMs }) => latenciesMs.p95),
      ...worse("latency p99", ({ latenciesMs }) => latenciesMs.p99),
      ...worse("CPU per packet", ({ packetUs }) => packetUs),
    ];
  });
  return places.length === 0
    ? "The stage is behind in none of them."
    : `The stage is behind Janus in ${places.join(", ")}.`;
}
