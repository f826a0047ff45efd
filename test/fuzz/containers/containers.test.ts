import { temporaryFolder } from "@inband/rig/temporary-folder";
import { expect, it } from "vitest";
import { inspectMutants } from "./inspect-mutants.ts";

const mutants = 120;
/** Far more than such a file takes on a busy machine. */
const hangMs = 60_000;

it(`inspect ends, in bounded memory and without a crash, on ${mutants} mutated containers`, async () => {
  await using folder = await temporaryFolder();
  const seen: number[] = [];
  const failures = await inspectMutants({ seed: 1, first: 0, end: mutants, hangMs, folder: folder.path }, (index) =>
    seen.push(index),
  );
  expect(failures).toEqual([]);
  expect(seen).toHaveLength(mutants);
});
