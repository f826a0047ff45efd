/**
 * Measures inband beside the code that others use for the same work, in one run, and prints a table.
 *
 * `--only NAME` runs one benchmark, `--json FILE` writes the rows, `--charts` writes docs/bench.md and the charts in it, and docs/bench/stage.md, which takes only the stage. A
 * goal that is not met is shown, and is no failure.
 *
 * @module
 */
import { writeFile } from "node:fs/promises";
import { availableParallelism, cpus, loadavg } from "node:os";
import { commandOptions } from "../scripts/command-options.ts";
import { bundleSize } from "./bundle.ts";
import { delivery } from "./delivery.ts";
import { escaping } from "./escaping.ts";
import { fanOut } from "./fan-out.ts";
import { findParse } from "./find-parse.ts";
import { forwarding } from "./forwarding.ts";
import { insert } from "./insert.ts";
import { latency } from "./latency.ts";
import { number, quantity } from "./number.ts";
import { payload } from "./payload.ts";
import { receive } from "./receive.ts";
import { writeReport } from "./report.ts";
import type { Benchmark, FanOut, Row, Sweep } from "./row.ts";
import { scan } from "./scan.ts";
import { send } from "./send.ts";
import { stage } from "./stage.ts";
import type { StageFigures } from "./stage-fan-out.ts";
import { writeStageReport } from "./stage-report.ts";

const benchmarks: readonly Benchmark[] = [
  findParse,
  scan,
  insert,
  escaping,
  payload,
  send,
  receive,
  fanOut,
  forwarding,
  stage,
  latency,
  delivery,
  bundleSize,
];

const usage = `npm run bench -- [--only NAME] [--json FILE] [--charts]

  --only NAME  one of: ${benchmarks.map(({ name }) => name).join(", ")}
  --json FILE  writes the rows there
  --charts     writes docs/bench.md and its charts`;
const values = commandOptions(usage, {
  json: { type: "string" },
  only: { type: "string" },
  charts: { type: "boolean", default: false },
});
const { json, only, charts } = values;
const chosen = only === undefined ? benchmarks : benchmarks.filter(({ name }) => name === only);
if (chosen.length === 0) {
  console.error(`No benchmark is called "${only}". There are: ${benchmarks.map(({ name }) => name).join(", ")}`);
  process.exitCode = 1;
} else {
  const machine = `${cpus()[0]?.model ?? "unknown processor"}, ${availableParallelism()} cores, Node ${process.version}, ${process.platform} ${process.arch}, load ${number(loadavg()[0] ?? 0)} at the start`;
  console.log(machine);
  const rows: Row[] = [];
  let sweep: Sweep | undefined;
  let many: readonly FanOut[] | undefined;
  let stages: readonly StageFigures[] | undefined;
  for (const benchmark of chosen) {
    try {
      const outcome = await benchmark.run();
      rows.push(...outcome.rows);
      sweep ??= outcome.sweep;
      many ??= outcome.fanOut;
      stages ??= outcome.stages;
    } catch (error) {
      console.error(`${benchmark.name}: ${error instanceof Error ? error.message : error}`);
      process.exitCode = 1;
    }
  }
  console.log(table(rows));
  if (json !== undefined) await writeFile(json, `${JSON.stringify({ machine, rows }, null, 2)}\n`);
  if (charts && stages !== undefined) await writeStageReport(machine, stages);
  if (charts && only !== "stage") {
    if (
      sweep !== undefined &&
      many !== undefined &&
      stages !== undefined &&
      only === undefined &&
      process.exitCode === undefined
    )
      await writeReport({ machine, rows, sweep, fanOut: many });
    else console.error("--charts writes nothing: it takes a whole run without an error");
  }
}

function table(rows: readonly Row[]): string {
  const lines = [
    ["what", "ours", "anchor", "", "ratio", "noise", "goal", ""],
    ...rows.map(({ name, ours, anchor, anchorName, unit, ratio, again, goal, met }) => [
      name,
      quantity(ours, unit),
      quantity(anchor, unit),
      anchorName,
      ratio === undefined || Number.isNaN(ratio) ? "" : number(ratio),
      again === undefined || Number.isNaN(again) ? "" : number(again),
      goal,
      goal === "" ? "" : met ? "met" : "NOT MET",
    ]),
  ];
  const widths = lines[0]?.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0))) ?? [];
  return lines
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
