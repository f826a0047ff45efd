import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { inspectMutants } from "./inspect-mutants.ts";

const mutants = 120;
/** Far more than such a file takes on a busy machine. */
const hangMs = 60_000;

it(`inspect ends, in bounded memory and without a crash, on ${mutants} mutated containers`, {
  timeout: 120_000,
}, async ({ onTestFinished }) => {
  const folder = await mkdtemp(join(tmpdir(), "inband-mutants-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const seen: number[] = [];
  const failures = await inspectMutants({ seed: 1, first: 0, end: mutants, hangMs, folder }, (index) =>
    seen.push(index),
  );
  expect(failures).toEqual([]);
  expect(seen).toHaveLength(mutants);
});
