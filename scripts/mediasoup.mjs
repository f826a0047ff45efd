import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runChild } from "./child.mjs";
import { root } from "./task.mjs";

/** The last release whose package holds the source of all that its worker is built of; later ones download it. */
const version = "3.8.4";
const folder = join(root, "node_modules/.cache/mediasoup");
const worker = join(folder, "node_modules/mediasoup/worker");

/** What builds it, of Debian. */
export const mediasoupPackages = ["g++", "make", "python3", "gyp"];

/** Installs mediasoup for the matrix of peers and builds its worker, which takes minutes the first time. */
export async function installMediasoup() {
  if (existsSync(join(worker, "out/Release/mediasoup-worker"))) return;
  console.error(`Building mediasoup ${version} for the matrix (some minutes, once) ...`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), '{ "private": true }\n');
  const quiet = { cwd: folder, stdio: ["ignore", "ignore", 2] };
  const npm = ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", `mediasoup@${version}`];
  await succeed(runChild("npm", npm, quiet), "npm");
  // Its own copy of gyp needs an older Python than Debian's, whose gyp is taken then.
  rmSync(join(worker, "deps/gyp/pylib"), { recursive: true });
  // SIGSTKSZ is no constant in glibc 2.34 and later.
  replaceIn(
    join(worker, "deps/libwebrtc/deps/abseil-cpp/abseil-cpp/absl/debugging/failure_signal_handler.cc"),
    "std::max(SIGSTKSZ, 65536)",
    "std::max<size_t>(SIGSTKSZ, 65536)",
  );
  await succeed(
    runChild("make", ["-s", "-C", worker, "PYTHON=/usr/bin/python3", "CXXFLAGS=-w", "CFLAGS=-w"], quiet),
    "make",
  );
}

function replaceIn(file, text, other) {
  const source = readFileSync(file, "utf8");
  if (!source.includes(text)) throw new Error(`${file} is not as expected`);
  writeFileSync(file, source.replace(text, other));
}

async function succeed(code, program) {
  if ((await code) !== 0) throw new Error(`${program} failed while mediasoup was being built`);
}
