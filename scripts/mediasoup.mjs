import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { runChild } from "./child.mjs";

/** The last release whose package holds the source of all that its worker is built of; later ones download it. */
const version = "3.8.4";
/** Outside node_modules, which `npm ci` deletes. The worker is a program of its own, and asks for no version of Node. */
const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "inband");

/** Where mediasoup is, under its node_modules, once it has been built: a build that was interrupted is not there. */
export const mediasoupFolder = join(cache, `mediasoup-${version}-${process.platform}-${process.arch}`);

/** What builds it, of Debian. */
export const mediasoupPackages = ["g++", "make", "python3", "gyp"];

/** Installs mediasoup and builds its worker, which takes minutes the first time. */
export async function installMediasoup() {
  if (existsSync(mediasoupFolder)) return;
  console.error(`Building mediasoup ${version} into ${cache} (some minutes, once) ...`);
  mkdirSync(cache, { recursive: true });
  const building = mkdtempSync(join(cache, "mediasoup-building-"));
  const discard = () => rmSync(building, { recursive: true, force: true });
  process.once("exit", discard);
  try {
    await build(building);
    renameSync(building, mediasoupFolder);
  } catch (error) {
    // Another run has been faster.
    if (!existsSync(mediasoupFolder)) throw error;
  } finally {
    discard();
    process.off("exit", discard);
  }
}

async function build(folder) {
  const worker = join(folder, "node_modules/mediasoup/worker");
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
  const program = "mediasoup-worker";
  const release = join(worker, "out/Release");
  if (!existsSync(join(release, program))) throw new Error(`make has left no ${program}`);
  for (const name of readdirSync(release)) if (name !== program) rmSync(join(release, name), { recursive: true });
  rmSync(join(worker, "deps"), { recursive: true });
}

function replaceIn(file, text, other) {
  const source = readFileSync(file, "utf8");
  if (!source.includes(text)) throw new Error(`${file} is not as expected`);
  writeFileSync(file, source.replace(text, other));
}

async function succeed(code, program) {
  if ((await code) !== 0) throw new Error(`${program} failed while mediasoup was being built`);
}
