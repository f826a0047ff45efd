import { rmSync } from "node:fs";
import { join } from "node:path";
import { findChromium } from "./chromium.mjs";
import { installDebian } from "./debian.mjs";
import { installMediasoup, mediasoupPackages } from "./mediasoup.mjs";
import { root, run } from "./task.mjs";

/** The peers of the matrix that Debian has, and what builds another. The report says of each that is missing why. */
const packages = [
  "ffmpeg",
  "firefox-esr",
  "gir1.2-gst-plugins-bad-1.0",
  "gir1.2-gst-plugins-base-1.0",
  "gstreamer1.0-libav",
  "gstreamer1.0-nice",
  "gstreamer1.0-plugins-bad",
  "gstreamer1.0-plugins-base",
  "gstreamer1.0-plugins-good",
  "janus",
  "python3-aiortc",
  "python3-gi",
  ...mediasoupPackages,
];

const filters = process.argv.slice(2);
const reason = installDebian(findChromium() ? packages : ["chromium", ...packages]);
if (reason) console.error(`Not every peer is installed: ${reason}.`);
else await installMediasoup().catch((error) => console.error(`${error.message}: mediasoup is unavailable.`));

rmSync(join(root, "test-results/interop"), { recursive: true, force: true });
// Peers that encode beside each other would tell how busy this machine is.
const tests = ["run", "--project", "whole", "--no-file-parallelism", "test/interop", ...filters];
const tested = await run("vitest", tests, { env: { INBAND_INTEROP: "whole" } });
const written = filters.length > 0 ? 0 : await run("node", ["test/interop/write-report.ts"]);
process.exitCode = tested || written;
