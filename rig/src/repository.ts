import { type SpawnSyncReturns, spawnSync } from "node:child_process";
import { resolve } from "node:path";

/** The top folder of the repository. */
export const root: string = resolve(import.meta.dirname, "../..");

/** Environment variables under which Node resolves every entry point of a package to its source. */
export const sourceEnvironment: NodeJS.ProcessEnv = { ...process.env, NODE_OPTIONS: "--conditions=@inband/source" };

/** Runs a program of Node as an application would: entry points resolve to `dist`. */
export function runNode(...args: string[]): SpawnSyncReturns<string> {
  return spawnSync(process.execPath, args, { cwd: root, encoding: "utf8", env: { ...process.env, NODE_OPTIONS: "" } });
}

/**
 * Builds the `dist` of every package, where it is not up to date.
 *
 * @throws Error with what the compiler prints.
 */
export function buildPackages(): void {
  for (const args of [
    ["node_modules/typescript/bin/tsc", "-b"],
    ["scripts/build-workers.mjs", "--dist"],
    ["scripts/build-min.mjs"],
  ]) {
    const { status, stdout, stderr } = runNode(...args);
    if (status !== 0) throw new Error(stdout + stderr);
  }
}
