import { type SpawnSyncReturns, spawnSync } from "node:child_process";
import { resolve } from "node:path";

export const root: string = resolve(import.meta.dirname, "..");

/** Runs a program of Node in the published shape: without the source condition doors resolve to `dist`. */
export function runNode(...args: string[]): SpawnSyncReturns<string> {
  return spawnSync(process.execPath, args, { cwd: root, encoding: "utf8", env: { ...process.env, NODE_OPTIONS: "" } });
}

/** Builds the `dist` of every package, where it is not up to date. */
export function buildPackages(): void {
  for (const args of [
    ["node_modules/typescript/bin/tsc", "-b"],
    ["scripts/build-workers.mjs", "--dist"],
  ]) {
    const { status, stdout, stderr } = runNode(...args);
    if (status !== 0) throw new Error(stdout + stderr);
  }
}
