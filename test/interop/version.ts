import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "@inband/rig/repository";

/** The version of a package that is installed for the tests. */
export function versionOf(name: string): string {
  const manifest: { version: string } = JSON.parse(
    readFileSync(join(root, "node_modules", name, "package.json"), "utf8"),
  );
  return `${name} ${manifest.version}`;
}
