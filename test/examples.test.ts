import { spawnSync } from "node:child_process";
import { globSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";

const root = resolve(import.meta.dirname, "..");

describe("the examples", () => {
  it.each(globSync("examples/*.ts", { cwd: root }).sort())("%s runs, says something and ends", (file) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [file], {
      cwd: root,
      encoding: "utf8",
      timeout: 30_000,
      env: { ...process.env, NODE_OPTIONS: "--conditions=@inband/source" },
    });
    expect(stderr).toBe("");
    expect(status).toBe(0);
    expect(stdout).not.toBe("");
  });
});
