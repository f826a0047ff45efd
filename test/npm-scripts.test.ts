import { type ChildProcessByStdio, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { root } from "@inband/rig/repository";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const hasProc = existsSync("/proc/self/task");

type Npm = ChildProcessByStdio<null, Readable, Readable>;

let tree: readonly number[] = [];
const folders: string[] = [];
afterEach(() => {
  for (const pid of running(tree)) process.kill(pid, "SIGKILL");
  tree = [];
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

/** Resolves to the running npm once a line of it matches. */
async function startNpm(args: readonly string[], line: RegExp, cwd = root): Promise<Npm> {
  const npm = spawn("npm", args, { cwd, stdio: ["ignore", "pipe", "pipe"] });
  tree = npm.pid === undefined ? [] : [npm.pid];
  let said = "";
  await new Promise<void>((done, fail) => {
    for (const stream of [npm.stdout, npm.stderr]) {
      createInterface({ input: stream }).on("line", (text) => {
        said += `${text}\n`;
        if (line.test(text)) done();
      });
    }
    npm.once("exit", (code) => fail(new Error(`npm ended with ${code} and said: ${said}`)));
  });
  tree = [...tree, ...tree.flatMap(descendants)];
  return npm;
}

function descendants(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean).map(Number);
  return children.flatMap((child) => [child, ...descendants(child)]);
}

/** Those that have not ended; one that nobody has waited for (state Z) has. */
function running(pids: readonly number[]): number[] {
  return pids.filter((pid) => {
    const stat = existsSync(`/proc/${pid}/stat`) ? readFileSync(`/proc/${pid}/stat`, "utf8") : ") Z";
    return !/\) [ZX]/.test(stat);
  });
}

/** Every process of the tree holds the pipes of npm, so they close when the last one has ended. */
async function expectNothingLeft(npm: Npm): Promise<void> {
  await once(npm, "close");
  await expect.poll(() => running(tree)).toEqual([]);
}

describe("npm scripts", () => {
  beforeEach((context) => {
    if (!hasProc) context.skip("which processes an npm script leaves behind is only known where there is /proc");
  });

  it.each(["SIGTERM", "SIGINT", "SIGKILL"] as const)("leave no process behind when npm gets %s", async (signal) => {
    const npm = await startNpm(["start", "--", "--port", "0"], /Ctrl-C ends it/);
    expect(tree.length).toBeGreaterThan(3);
    npm.kill(signal);
    await expectNothingLeft(npm);
  });

  it("take no further step when npm gets SIGTERM", async () => {
    const folder = repository({
      "scripts/check.mjs": `
        import { run } from "./task.mjs";
        await run("node", ["first.mjs"]);
        console.log("second step");`,
      "first.mjs": 'console.log("first step"); setInterval(() => undefined, 1000);',
      "node_modules/.package-lock.json": '{"packages":{}}',
    });
    mkdirSync(join(folder, "node_modules/node/bin"), { recursive: true });
    symlinkSync(process.execPath, join(folder, "node_modules/node/bin/node"));
    const npm = await startNpm(["run", "check"], /^first step/, folder);
    let said = "";
    npm.stdout.on("data", (text) => {
      said += text;
    });
    npm.kill("SIGTERM");
    await expectNothingLeft(npm);
    expect(said).not.toContain("second step");
  });

  it.each(["SIGTERM", "SIGKILL"] as const)(
    "end what an installation has started when npm gets %s, and free its lock",
    async (signal) => {
      const folder = repository({
        ".setup-lock": "999999999",
        "node_modules/.bin/npm": "#!/bin/sh\n(trap '' TERM; echo installing >&2; sleep 1000) & wait\n",
      });
      chmodSync(join(folder, "node_modules/.bin/npm"), 0o755);
      const npm = await startNpm(["run", "check"], /^installing/, folder);
      npm.kill(signal);
      await expectNothingLeft(npm);
      expect(existsSync(join(folder, ".setup-lock"))).toBe(false);
    },
  );
});

it("a second start leaves the page alone that the first one reads", () => {
  const page = join(root, "packages/cli/page");
  const build = () => {
    execFileSync(process.execPath, ["--conditions=@inband/source", "scripts/build-page.mjs"], { cwd: root });
    const files = readdirSync(page, { recursive: true, encoding: "utf8" }).sort();
    return files.map((file) => [file, statSync(join(page, file)).mtimeMs]);
  };
  const first = build();
  expect(first.map(([file]) => file)).toContain("index.html");
  expect(build()).toEqual(first);
});

/** A repository of its own with these scripts, and nothing installed. */
function repository(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), "inband-"));
  folders.push(folder);
  cpSync(join(root, "scripts"), join(folder, "scripts"), { recursive: true });
  cpSync(join(root, "package.json"), join(folder, "package.json"));
  writeFileSync(join(folder, "package-lock.json"), '{"packages":{}}');
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}
