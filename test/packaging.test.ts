import { spawnSync } from "node:child_process";
import { globSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { beforeAll, describe, expect, it } from "vitest";

const root = resolve(import.meta.dirname, "..");
const folders = globSync("packages/*/package.json", { cwd: root }).map(dirname).sort();
const manifest = (folder: string) => JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8"));
const doors = folders.flatMap((folder) => {
  const { name, exports } = manifest(folder);
  return Object.keys(exports).map((subpath) => name + subpath.slice(1));
});

/** The published shape: no source condition, so that doors resolve to `dist`. */
function node(...args: string[]) {
  return spawnSync(process.execPath, args, { cwd: root, encoding: "utf8", env: { ...process.env, NODE_OPTIONS: "" } });
}

beforeAll(() => {
  for (const args of [
    ["node_modules/typescript/bin/tsc", "-b"],
    ["scripts/build-workers.mjs", "--dist"],
  ]) {
    const { status, stdout, stderr } = node(...args);
    if (status !== 0) throw new Error(stdout + stderr);
  }
}, 120_000);

describe("what is published", () => {
  it.each(folders)("%s has a manifest that npm and bundlers read without complaint", async (folder) => {
    const { messages } = await publint({ pkgDir: join(root, folder), level: "warning" });
    expect(messages.map((message) => formatMessage(message, manifest(folder)))).toEqual([]);
  });

  it.each(doors.filter((door) => !door.endsWith("/worker")))("%s loads from its build in plain Node", (door) => {
    const { status, stderr } = node("--input-type=module", "-e", `await import(${JSON.stringify(door)})`);
    expect(stderr).toBe("");
    expect(status).toBe(0);
  });

  it.each(doors.filter((door) => door.endsWith("/worker")))("%s is one self-contained script", (door) => {
    const path = join(root, "packages", door.split("/")[1] ?? "", "dist/browser/worker.js");
    const text = readFileSync(path, "utf8");
    expect(text).not.toMatch(/\bimport\s*[("']|\bfrom\s*["']/);
    expect(node("--check", path).status).toBe(0);
  });
});
