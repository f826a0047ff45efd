import { spawnSync } from "node:child_process";

/** The first group of what a program says of its version; "of unknown version" where it says nothing of the kind. */
export function versionLine(program: string, args: readonly string[], pattern: RegExp): string {
  const { stdout, stderr } = spawnSync(program, args, { encoding: "utf8" });
  return pattern.exec(`${stdout}\n${stderr}`)?.[1] ?? "of unknown version";
}

/** Why a box cannot run: the names that are false. */
export function missing(programs: Readonly<Record<string, boolean>>): string | undefined {
  const names = Object.keys(programs).filter((name) => !programs[name]);
  return names.length > 0 ? `not installed: ${names.join(", ")}` : undefined;
}
