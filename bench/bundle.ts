import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { gzipSync } from "node:zlib";
import { build, transform } from "esbuild";
import { type Benchmark, bytesAtMost, type Outcome } from "./row.ts";

const subscriber = resolve(import.meta.dirname, "../packages/subscriber");

/** What a page loads to receive messages, minified and gzipped, beside the file of the IVS SDK. */
export const bundle: Benchmark = {
  name: "bundle",
  async run(): Promise<Outcome> {
    const path = createRequire(import.meta.url).resolve("amazon-ivs-web-broadcast");
    const { version } = JSON.parse(readFileSync(join(dirname(path), "../package.json"), "utf8")) as { version: string };
    const { code } = await transform(readFileSync(path, "utf8"), { minify: true });
    const ivs = gzipped(code);
    const name = `Amazon IVS Web SDK ${version}, whole file`;
    const page = `export { SeiSubscriber } from "@inband/subscriber"; export { browserFeed } from "@inband/subscriber/browser";`;
    const [ours, worker] = [await bytesOf(page), await bytesOf('import "@inband/subscriber/worker";')];
    return {
      rows: [
        bytesAtMost("SeiSubscriber and browserFeed, min+gzip", ours, name, ivs, 13_000),
        bytesAtMost("the worker inside them, min+gzip", worker, name, ivs, 4000),
      ],
    };
  },
};

async function bytesOf(contents: string): Promise<number> {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: subscriber, loader: "ts" },
    bundle: true,
    minify: true,
    write: false,
    format: "esm",
    platform: "browser",
    target: "es2024",
    conditions: ["@inband/source"],
  });
  return gzipped(outputFiles[0]?.text ?? "");
}

function gzipped(text: string): number {
  return gzipSync(text, { level: 9 }).length;
}
