import { spawnSync } from "node:child_process";
import { existsSync, realpathSync } from "node:fs";
import { delimiter, join } from "node:path";

/** A Node on this machine. */
export interface InstalledNode {
  readonly path: string;
  /** Without the `v`. */
  readonly version: string;
}

/**
 * The oldest Node that the packages are for, of those on the PATH and of the one that `INBAND_OLD_NODE` names, or undefined
 * where all are as new as the one that runs this.
 */
export function oldestNode(): InstalledNode | undefined {
  const folders = (process.env.PATH ?? "").split(delimiter).filter((folder) => folder !== "");
  const named = process.env.INBAND_OLD_NODE ?? "";
  const paths = [named, ...folders.map((folder) => join(folder, "node"))].filter(
    (path) => path !== "" && existsSync(path),
  );
  const found = [...new Set(paths.map((path) => realpathSync(path)))]
    .map((path) => ({
      path,
      version: spawnSync(path, ["-p", "process.versions.node"], { encoding: "utf8", env: {} }).stdout.trim(),
    }))
    .filter(({ version }) => major(version) >= 20 && major(version) < major(process.versions.node))
    .sort((a, b) => a.version.localeCompare(b.version, "en", { numeric: true }));
  return found[0];
}

function major(version: string): number {
  return Number(version.split(".")[0]);
}
