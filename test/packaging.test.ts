import { globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { beforeAll, describe, expect, it } from "vitest";
import { buildPackages, root, runNode } from "./built-packages.ts";

const folders = globSync("packages/*/package.json", { cwd: root }).map(dirname).sort();
const manifest = (folder: string) => JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8"));
const doors = folders.flatMap((folder) => {
  const { name, exports } = manifest(folder);
  return Object.keys(exports).map((subpath) => name + subpath.slice(1));
});

beforeAll(() => buildPackages(), 120_000);

describe("what is published", () => {
  it.each(folders)("%s has a manifest that npm and bundlers read without complaint", async (folder) => {
    const { messages } = await publint({ pkgDir: join(root, folder), level: "warning" });
    expect(messages.map((message) => formatMessage(message, manifest(folder)))).toEqual([]);
  });

  it.each(doors.filter((door) => !door.endsWith("/worker")))("%s loads from its build in plain Node", (door) => {
    const { status, stderr } = runNode("--input-type=module", "-e", `await import(${JSON.stringify(door)})`);
    expect(stderr).toBe("");
    expect(status).toBe(0);
  });

  it.each(doors.filter((door) => door.endsWith("/worker")))("%s is one self-contained script", (door) => {
    const path = join(root, "packages", door.split("/")[1] ?? "", "dist/browser/worker.js");
    const text = readFileSync(path, "utf8");
    expect(text).not.toMatch(/\bimport\s*[("']|\bfrom\s*["']/);
    expect(runNode("--check", path).status).toBe(0);
  });
});
