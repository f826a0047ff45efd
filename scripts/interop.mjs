import { rmSync } from "node:fs";
import { join } from "node:path";
import { findChromium } from "./chromium.mjs";
import { installDebian } from "./debian.mjs";
import { debianPeers } from "./debian-peers.mjs";
import { installMediasoup, mediasoupPackages } from "./mediasoup.mjs";
import { root, run } from "./task.mjs";

/** With what builds another. The report says of each that is missing why. */
const packages = [...debianPeers, ...mediasoupPackages];

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
