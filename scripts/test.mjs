import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { chromiumArguments, findChromium } from "./chromium.mjs";
import { installDebian } from "./debian.mjs";
import { root, run } from "./task.mjs";

const report = join(root, "test-results/report.json");
rmSync(report, { force: true });

const chromium = findChromium() ?? installChromium();
if (!chromium) fail("The tests need Chrome or Chromium: install one, or set CHROME_PATH to it.");
await checkH264(chromium);

const filters = process.argv.slice(2);
const checked = filters.length ? 0 : await run("node", ["scripts/check.mjs"]);
const built = await run("node", ["scripts/build-page.mjs"]);
/** Every command that a test starts compiles the same modules. */
const compileCache = join(root, "node_modules/.cache/node");
const env = { CHROME_PATH: chromium, NODE_COMPILE_CACHE: compileCache };
const tested = await run("vitest", ["run", ...filters], { env });
if (!existsSync(report)) fail("The test runner wrote no report.");
if (checked) console.error("npm run check failed: see above.");
process.exitCode = checked || built || tested;

function installChromium() {
  if (process.env.CHROME_PATH) fail(`CHROME_PATH names no program: ${process.env.CHROME_PATH}`);
  const reason = installDebian(["chromium"]);
  if (reason) console.error(`Debian's package chromium is not installed: ${reason}.`);
  return findChromium();
}

/** Some builds of Chromium come without H.264, and every test in a browser would fail obscurely. */
async function checkH264(executablePath) {
  const { chromium } = await import("playwright");
  const browser = await chromium
    .launch({ executablePath, args: chromiumArguments })
    .catch((error) => fail(`${executablePath} does not start: ${error.message.split("\n")[0]}`));
  const page = await browser.newPage();
  const mimeTypes = await page.evaluate(() =>
    RTCRtpSender.getCapabilities("video").codecs.map((codec) => codec.mimeType),
  );
  await browser.close();
  if (!mimeTypes.includes("video/H264")) {
    fail(
      `${executablePath} has no H.264 in WebRTC: install Google Chrome or a distribution's Chromium, and set CHROME_PATH to it.`,
    );
  }
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
