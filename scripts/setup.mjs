/**
 * Sets the repository up and goes on: `node scripts/setup.mjs start -- --port 8080`. It has no dependencies, runs under
 * Node 18 and later, installs when node_modules does not match the lockfile, and runs the rest under the pinned Node.
 */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const [task, ...rest] = process.argv.slice(2);
const tasks = ["start", "test", "bench", "example", "check", "build", "docs", "fuzz", "loss", "soak"];

if (!tasks.includes(task)) fail(`usage: node scripts/setup.mjs ${tasks.join("|")} [ARGUMENT ...]`);
await install();
run(process.execPath === pinnedNode() ? process.execPath : pinnedNode(), [
  join(root, "scripts", `${task}.mjs`),
  ...rest,
]);

async function install() {
  if (isInstalled()) return;
  const lock = join(root, ".setup-lock");
  await take(lock);
  try {
    if (isInstalled()) return;
    console.error("Installing the dependencies (npm ci) ...");
    const { status } = spawnSync("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], {
      cwd: root,
      stdio: ["ignore", 2, 2],
      shell: process.platform === "win32",
    });
    if (status !== 0) fail("npm ci failed; its own words are above.");
    if (!isInstalled())
      fail("npm ci succeeded, yet node_modules does not match package-lock.json: delete node_modules and try again.");
  } finally {
    rmSync(lock, { recursive: true, force: true });
  }
}

/** Two commands started at once on a fresh clone must not install over each other. */
async function take(lock) {
  for (let told = false; ; await sleep(500)) {
    try {
      mkdirSync(lock);
      process.once("exit", () => rmSync(lock, { recursive: true, force: true }));
      for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(1));
      return;
    } catch (error) {
      if (error.code !== "EEXIST") throw error;
      if (Date.now() - (statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? Date.now()) > 10 * 60_000) {
        rmSync(lock, { recursive: true, force: true });
      }
      if (!told) console.error("Waiting for another installation in this folder ...");
      told = true;
    }
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

/** Ctrl-C reaches the whole foreground group, so the child is only waited for; a signal to this process alone is handed on. */
function run(program, args) {
  const child = spawn(program, args, {
    cwd: root,
    stdio: "inherit",
    env: {
      ...process.env,
      PATH: `${join(root, "node_modules/.bin")}${process.platform === "win32" ? ";" : ":"}${process.env.PATH}`,
    },
  });
  const hand = (signal) => child.kill(signal);
  process.on("SIGINT", () => undefined);
  process.on("SIGTERM", hand);
  process.on("SIGHUP", hand);
  child.on("error", (error) => fail(`cannot run ${program}: ${error.message}`));
  child.on("exit", (code, signal) => {
    if (signal) process.exit(1);
    process.exit(code ?? 1);
  });
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
