/**
 * Measures inband beside the code that others use for the same work, in one run, and prints a table.
 *
 * `--only NAME` runs one benchmark, `--json FILE` writes the rows. A goal that is not met is shown, and is no failure.
 *
 * @module
 */
import { writeFile } from "node:fs/promises";
import { availableParallelism, cpus } from "node:os";
import { parseArgs } from "node:util";
import { escaping } from "./escaping.ts";
import { findParse } from "./find-parse.ts";
import { insert } from "./insert.ts";
import type { Benchmark, Row } from "./row.ts";

const benchmarks: readonly Benchmark[] = [findParse, insert, escaping];

const { values } = parseArgs({ options: { json: { type: "string" }, only: { type: "string" } } });
const { json, only } = values;
const chosen = only === undefined ? benchmarks : benchmarks.filter(({ name }) => name === only);
if (chosen.length === 0) {
  console.error(`No benchmark is called "${only}". There are: ${benchmarks.map(({ name }) => name).join(", ")}`);
  process.exitCode = 1;
} else {
  const machine = `${cpus()[0]?.model ?? "unknown processor"}, ${availableParallelism()} cores, Node ${process.version}, ${process.platform} ${process.arch}`;
  console.log(machine);
  const rows: Row[] = [];
  for (const benchmark of chosen) {
    try {
      rows.push(...(await benchmark.run()));
    } catch (error) {
      console.error(`${benchmark.name}: ${error instanceof Error ? error.message : error}`);
      process.exitCode = 1;
    }
  }
  console.log(table(rows));
  if (json !== undefined) await writeFile(json, `${JSON.stringify({ machine, rows }, null, 2)}\n`);
}

function table(rows: readonly Row[]): string {
  const lines = [
    ["what", "ours", "anchor", "", "ratio", "goal", ""],
    ...rows.map(({ name, ours, anchor, anchorName, unit, ratio, goal, met }) => [
      name,
      `${number(ours)} ${unit}`,
      `${number(anchor)} ${unit}`,
      anchorName,
      number(ratio),
      goal,
      met ? "met" : "NOT MET",
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

function number(value: number): string {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}
