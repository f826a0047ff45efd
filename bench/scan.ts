import { bundle } from "@inband/rig/bundle";
import { launchChromium } from "@inband/rig/chromium/browser";
import { hlsModuleText, hlsName, loadHlsModule } from "../test/peers/hls.ts";
import { scanStream } from "./frames.ts";
import { measure } from "./measure.ts";
import { atLeast, type Benchmark, type Outcome, type Row } from "./row.ts";
import { scanContenders } from "./scan-contenders.ts";

/** Bundles that run without being modules. */
const script = { format: "iife" } as const;
const startCode = Buffer.from([0, 0, 1]);

/** What any reader of a whole stream has to do at least: find the start codes. */
function countStartCodes(stream: Buffer): number {
  let codes = 0;
  for (let at = stream.indexOf(startCode); at >= 0; at = stream.indexOf(startCode, at + 3)) codes += 1;
  return codes;
}

/** All NAL units of a whole stream and the SEI in them: in Node, and in Chromium, where there is no Buffer. */
export const scan: Benchmark = {
  name: "scan",
  async run(): Promise<Outcome> {
    const { stream, frames, nalUnits } = scanStream();
    const { ours, hls } = scanContenders(await loadHlsModule());
    const buffer = Buffer.from(stream.buffer);
    check("inband", ours(stream), frames);
    check(hlsName, hls(stream), frames);
    check("Buffer.indexOf", countStartCodes(buffer), nalUnits);
    const floor = measure({ ours: () => ours(stream), indexOf: () => countStartCodes(buffer) }, 121);
    const peer = measure({ ours: () => ours(stream), hls: () => hls(stream) }, 41);
    const what = `full scan, ${Math.round(stream.length / 1e6)} MB`;
    return {
      rows: [
        atLeast(`${what}, Node`, floor.ours, "Buffer.indexOf of all start codes", floor.indexOf, 0.8),
        atLeast(`${what}, Node`, peer.ours, hlsName, peer.hls, 1),
        await scanInChromium(what, frames),
      ],
    };
  },
};

async function scanInChromium(what: string, frames: number): Promise<Row> {
  const browser = await launchChromium();
  try {
    const page = await browser.newPage();
    await page.addScriptTag({
      content: await bundle({ contents: await hlsModuleText() }, { ...script, globalName: "hlsModule" }),
    });
    const contents = 'import "./scan-page.ts";';
    await page.addScriptTag({ content: await bundle({ contents, resolveDir: import.meta.dirname }, script) });
    const { ours, hls, oursFound, hlsFound } = await page.evaluate(() => globalThis.measureScan());
    check("inband in Chromium", oursFound, frames);
    check(`${hlsName} in Chromium`, hlsFound, frames);
    const [version] = browser.version().split(".");
    return atLeast(`${what}, Chromium ${version}`, ours, hlsName, hls, 1);
  } finally {
    await browser.close();
  }
}

function check(name: string, actual: number, expected: number): void {
  if (actual !== expected) throw new Error(`${name} found ${actual}, expected ${expected}`);
}
