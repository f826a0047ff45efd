/**
 * Fails when two files hold the same ten lines, comments aside, that `known-clones.ts` does not list, or when it lists
 * what there is no longer. What is compared, and how: `.jscpd.json`.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { knownClones } from "./known-clones.ts";
import { run } from "./task.mjs";

interface Place {
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

interface Clone {
  readonly firstFile: Place;
  readonly secondFile: Place;
  readonly fragment: string;
}

/** jscpd counts empty lines and comments, too. */
const minLines = 10;

const findings: string[] = [];
const pairs = new Map<string, Clone[]>();
for (const clone of await clones()) {
  const files = [clone.firstFile.name, clone.secondFile.name].sort();
  if (files[0] !== files[1] && linesOf(clone) >= minLines)
    pairs.set(files.join(" "), [...(pairs.get(files.join(" ")) ?? []), clone]);
}

const used = new Set<(typeof knownClones)[number]>();
for (const [pair, found] of pairs) {
  const lines = found.reduce((sum, clone) => sum + linesOf(clone), 0);
  const entry = knownClones.find(({ files }) => pair.split(" ").every((file) => files.includes(file)));
  if (entry) used.add(entry);
  if (lines <= (entry?.lines ?? 0)) continue;
  const places = found.map(({ firstFile, secondFile }) => `${placeText(firstFile)} and ${placeText(secondFile)}`);
  findings.push(`${places.join(", ")}: ${lines} equal lines, ${entry?.lines ?? 0} are known`);
}
for (const entry of knownClones) {
  if (!used.has(entry))
    findings.push(`scripts/known-clones.ts lists what is no longer there: ${entry.files.join(", ")}`);
}
for (const finding of findings) console.error(finding);
if (findings.length > 0) process.exitCode = 1;

async function clones(): Promise<readonly Clone[]> {
  const folder = mkdtempSync(join(tmpdir(), "inband-clones-"));
  try {
    const code = await run("jscpd", ["--reporters", "json", "--output", folder, "--fail-on-empty"], {
      stdio: "ignore",
    });
    if (code !== 0) throw new Error(`jscpd ended with ${code}`);
    return JSON.parse(readFileSync(join(folder, "jscpd-report.json"), "utf8")).duplicates;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function linesOf({ fragment }: Clone): number {
  return fragment.split("\n").filter((line) => /\S/.test(line) && !/^\s*(\/\/|\/?\*)/.test(line)).length;
}

function placeText({ name, start, end }: Place): string {
  return `${name}:${start}-${end}`;
}
