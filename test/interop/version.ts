import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "@inband/rig/repository";
import type { Peer } from "./ends.ts";

/** The version of a package that is installed for the tests. */
export function versionOf(name: string): string {
  const manifest: { version: string } = JSON.parse(
    readFileSync(join(root, "node_modules", name, "package.json"), "utf8"),
  );
  return `${name} ${manifest.version}`;
}

/** The version of the first of these packages of Debian, or that some are not installed. */
export function debianPackages(...names: readonly [string, ...string[]]): Pick<Peer, "version" | "unavailable"> {
  const versions = names.map(debianVersion);
  const missing = names.filter((_, index) => versions[index] === undefined);
  if (missing.length === 0) return { version: `${names[0]} ${versions[0]}` };
  return { version: undefined, unavailable: `not installed: ${missing.map((name) => `Debian's ${name}`).join(", ")}` };
}

function debianVersion(name: string): string | undefined {
  const { stdout } = spawnSync("dpkg", ["-s", name], { encoding: "utf8" });
  if (!stdout?.includes("\nStatus: install ok installed\n")) return undefined;
  return /^Version: (.*)$/m.exec(stdout)?.[1];
}
