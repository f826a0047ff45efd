/**
 * Sets the repository up and goes on: `node scripts/setup.mjs start -- --port 8080`. It has no dependencies, runs under
 * Node 18 and later, installs when node_modules does not match the lockfile, and runs the rest under the pinned Node.
 */
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { isOrphan, runChild } from "./child.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const [task, ...rest] = process.argv.slice(2);
const tasks = [
  "start",
  "test",
  "unit",
  "bench",
  "example",
  "check",
  "build",
  "docs",
  "fuzz",
  "loss",
  "soak",
  "interop",
  "posted",
  "chaos",
  "survival",
  "doctor",
];

if (!tasks.includes(task)) fail(`usage: node scripts/setup.mjs ${tasks.join("|")} [ARGUMENT ...]`);
await install();
process.exitCode = await runChild(pinnedNode(), [join(root, "scripts", `${task}.mjs`), ...rest], {
  cwd: root,
  env: { ...process.env, PATH: [join(root, "node_modules/.bin"), process.env.PATH].join(delimiter) },
}).catch((error) => fail(`cannot run ${pinnedNode()}: ${error.message}`));

async function install() {
  if (isInstalled()) return;
  const lock = join(root, ".setup-lock");
  await take(lock);
  try {
    if (isInstalled()) return;
    console.error("Installing the dependencies (npm ci) ...");
    const code = await runChild("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], {
      cwd: root,
      stdio: ["ignore", 2, 2],
      shell: process.platform === "win32",
      hasGroup: true,
    }).catch((error) => fail(`cannot run npm: ${error.message}`));
    if (code !== 0) fail("npm ci failed; its own words are above.");
    if (!isInstalled())
      fail("npm ci succeeded, yet node_modules does not match package-lock.json: delete node_modules and try again.");
  } finally {
    rmSync(lock, { force: true });
  }
}

/** Two commands started at once on a fresh clone must not install over each other. The lock names its holder. */
async function take(lock) {
  for (let told = false; ; await sleep(500)) {
    try {
      writeFileSync(lock, String(process.pid), { flag: "wx" });
      process.once("exit", () => rmSync(lock, { force: true }));
      return;
    } catch (error) {
      if (error.code !== "EEXIST") throw error;
      if (isOrphan()) process.exit(1);
      if (!isHeld(lock)) rmSync(lock, { recursive: true, force: true });
      if (!told) console.error("Waiting for another installation in this folder ...");
      told = true;
    }
  }
}

function isHeld(lock) {
  try {
    const holder = Number(readFileSync(lock, "utf8"));
    return holder === 0 || process.kill(holder, 0);
  } catch (error) {
    return error.code === "EPERM";
  }
}

function isInstalled() {
  const hidden = join(root, "node_modules/.package-lock.json");
  if (!existsSync(hidden) || !existsSync(pinnedNode())) return false;
  const wanted = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")).packages;
  const found = JSON.parse(readFileSync(hidden, "utf8")).packages;
  const same = ([path, entry]) => !path.startsWith("node_modules/") || entry.version === wanted[path]?.version;
  const there = ([path, entry]) => !path || entry.optional || !path.startsWith("node_modules/") || Boolean(found[path]);
  return Object.entries(found).every(same) && Object.entries(wanted).every(there);
}

function pinnedNode() {
  return join(root, "node_modules/node/bin", process.platform === "win32" ? "node.exe" : "node");
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
