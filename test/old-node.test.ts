import { execFile, spawnSync } from "node:child_process";
import { resolve } from "node:path";
import { promisify } from "node:util";
import { hangMs } from "@inband/rig/hang";
import { bin } from "@inband/rig/inband-process";
import { buildPackages } from "@inband/rig/repository";
import { beforeAll, expect, it, type TestContext } from "vitest";
import { oldestNode } from "./old-node/oldest-node.ts";

const execute = promisify(execFile);
const folder = resolve(import.meta.dirname, "old-node");
const node = oldestNode();

beforeAll(buildPackages);

/** Runs a script of the folder under the oldest Node, which resolves every door to its build. */
async function underOldNode({ skip }: Pick<TestContext, "skip">, script: string, ...args: string[]) {
  if (node === undefined) {
    return skip(`no Node is on the PATH that is older than ${process.version}: INBAND_OLD_NODE may name one`);
  }
  console.log(`${script} runs under Node ${node.version}, ${node.path}`);
  const { stdout } = await execute(node.path, [resolve(folder, script), ...args], {
    env: { ...process.env, NODE_OPTIONS: "" },
    timeout: hangMs,
  });
  const { node: version, ...said } = JSON.parse(stdout);
  expect(version).toBe(`v${node.version}`);
  return said;
}

it("two peers of the oldest Node that is installed publish and receive", async (context) => {
  expect(await underOldNode(context, "peers.mjs", resolve(import.meta.dirname, "vectors/baseline.h264"))).toEqual({
    sent: ["sent", "sent", "sent"],
    received: [{ user: "alice", text: "h\u00e9llo" }, "text", [1, "two", null]],
  });
});

it("the commands publish, receive and end in the oldest Node that is installed", async (context) => {
  const { status, stderr } = spawnSync(node?.path ?? process.execPath, [bin, "--version"], {
    encoding: "utf8",
    env: { ...process.env, NODE_OPTIONS: "" },
  });
  if (/^inband needs Node /.test(stderr)) return context.skip(stderr.trim());
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  expect(await underOldNode(context, "commands.mjs")).toEqual({ value: { text: "hello" }, codes: [0, 0] });
});
