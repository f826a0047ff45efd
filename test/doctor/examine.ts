import { runInband } from "@inband/rig/inband-process";
import { expect } from "vitest";
import type { HopReport, PathReport } from "../../packages/cli/src/doctor/path-report.ts";

export type { HopReport, PathReport };

/** It ends as soon as it has seen enough, but machines that run many tests are slow. */
const patienceSeconds = 60;

/** What `inband doctor` says of a path, and its exit code. */
export async function examine(
  urls: readonly string[],
  withinSeconds = patienceSeconds,
): Promise<{ readonly code: number | null; readonly report: PathReport }> {
  const { code, stdout, stderr } = await runInband(["doctor", ...urls, "--within", String(withinSeconds), "--json"]);
  expect(stderr).toBe("");
  return { code, report: JSON.parse(stdout) as PathReport };
}
