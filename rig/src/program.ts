import { execFile, spawnSync } from "node:child_process";
import { promisify } from "node:util";
import type { TestContext } from "vitest";

const execute = promisify(execFile);

/** Whether a program is installed: it exits with 0 when asked for its version. */
export function isInstalled(program: string, versionOption = "-version"): boolean {
  return spawnSync(program, [versionOption]).status === 0;
}

/** Skips a test, with its reason, where one of the programs is not installed. */
export function needs(context: Pick<TestContext, "skip">, programs: Readonly<Record<string, boolean>>): void {
  const missing = Object.keys(programs).filter((name) => !programs[name]);
  if (missing.length > 0) context.skip(`not installed: ${missing.join(", ")}`);
}

/**
 * Runs a program to its end; resolves with what it printed.
 *
 * @throws Error with the end of its standard error when it fails.
 */
export async function runProgram(
  program: string,
  args: readonly string[],
): Promise<{ stdout: string; stderr: string }> {
  try {
    return await execute(program, args, { maxBuffer: 512 * 1024 * 1024, encoding: "utf8" });
  } catch (error) {
    const { stderr = "" } = error as { stderr?: string };
    throw new Error(`${program} ${args.join(" ")}\n${stderr.slice(-4000)}`, { cause: error });
  }
}
