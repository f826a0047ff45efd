import { spawnSync } from "node:child_process";
import { globSync } from "node:fs";
import { root, sourceEnvironment } from "@inband/rig/repository";
import { folder } from "@inband/rig/test-folder";
import { describe, expect, it } from "vitest";

describe("the examples", () => {
  it.for(globSync("examples/*.ts", { cwd: root }).sort())("%s runs, says something and ends", async (file, context) => {
    const path = await folder(context);
    const { status, stdout, stderr } = spawnSync(process.execPath, [file], {
      cwd: root,
      encoding: "utf8",
      timeout: 30_000,
      // What an example leaves behind for people to look at.
      env: { ...sourceEnvironment, TMPDIR: path("") },
    });
    expect(stderr).toBe("");
    expect(status).toBe(0);
    expect(stdout).not.toBe("");
  });
});
