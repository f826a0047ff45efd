import { execFile } from "node:child_process";
import { join } from "node:path";
import { root } from "@inband/rig/repository";
import { describe, expect, it } from "vitest";

function run(file: string, option: string): Promise<{ code: number; stdout: string; stderr: string }> {
  const args = ["--conditions=@inband/source", join(root, file), option];
  return new Promise((resolve) => {
    execFile(process.execPath, args, { cwd: root }, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === "number" ? error.code : 0, stdout, stderr });
    });
  });
}

describe.each(["test/fuzz/main.ts", "test/loss/main.ts", "test/soak/main.ts", "bench/index.ts"])("%s", (file) => {
  it("tells in one sentence that there is no such option, and how it is used", async () => {
    const { code, stderr } = await run(file, "--nonsense");
    expect(code).toBe(2);
    expect(stderr).toMatch(/^Unknown option '--nonsense'\.\n\nnpm run \w+ -- /);
    expect(stderr).not.toContain("    at ");
  });

  it("prints how it is used", async () => {
    const { code, stdout } = await run(file, "--help");
    expect(code).toBe(0);
    expect(stdout).toMatch(/^npm run \w+ -- /);
  });
});
