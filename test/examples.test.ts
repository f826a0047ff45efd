import { spawnSync } from "node:child_process";
import { globSync } from "node:fs";
import { root, sourceEnvironment } from "@inband/rig/repository";
import { describe, expect, it } from "vitest";

describe("the examples", () => {
  it.each(globSync("examples/*.ts", { cwd: root }).sort())("%s runs, says something and ends", (file) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [file], {
      cwd: root,
      encoding: "utf8",
      timeout: 30_000,
      env: sourceEnvironment,
    });
    expect(stderr).toBe("");
    expect(status).toBe(0);
    expect(stdout).not.toBe("");
  });
});
