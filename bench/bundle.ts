import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { bundle } from "@inband/rig/bundle";
import { root } from "@inband/rig/repository";
import { transform } from "esbuild";
import { type Benchmark, bytesAtMost, type Outcome } from "./row.ts";

const browser = join(root, "packages/browser");

/** What a page loads to receive messages, minified and gzipped, beside the file of the IVS SDK. */
export const bundleSize: Benchmark = {
  name: "bundle",
  async run(): Promise<Outcome> {
    const path = createRequire(import.meta.url).resolve("amazon-ivs-web-broadcast");
    const { version } = JSON.parse(readFileSync(join(dirname(path), "../package.json"), "utf8")) as { version: string };
    const { code } = await transform(readFileSync(path, "utf8"), { minify: true });
    const ivs = gzipped(code);
    const name = `Amazon IVS Web SDK ${version}, whole file`;
    const page = `export { SeiSubscriber } from "@inband/subscriber"; export { browserFeed } from "@inband/browser";`;
    const [ours, worker] = [await bytesOf(page), await bytesOf('import "./src/worker/reader-worker.ts";')];
    return {
      rows: [
        bytesAtMost("SeiSubscriber and browserFeed, min+gzip", ours, name, ivs, 13_000),
        bytesAtMost("the worker inside them, min+gzip", worker, name, ivs, 4000),
      ],
    };
  },
};

async function bytesOf(contents: string): Promise<number> {
  return gzipped(await bundle({ contents, resolveDir: browser }, { minify: true }));
}

function gzipped(text: string): number {
  return gzipSync(text, { level: 9 }).length;
}
