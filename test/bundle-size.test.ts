import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { builtinModules } from "node:module";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { bundle } from "@inband/rig/bundle";
import { root } from "@inband/rig/repository";
import { build as vite } from "vite";
import { expect, it, onTestFinished } from "vitest";

const browserFolder = join(root, "packages/browser");

/** Bytes after minifying and gzip of a browser application that is nothing but these lines. */
async function bundleBytes(contents: string, resolveDir = root): Promise<number> {
  const text = await bundle({ contents, resolveDir }, { minify: true });
  const bytes = gzipSync(text, { level: 9 }).length;
  expect(bytes).toBeGreaterThan(200);
  return bytes;
}

it("costs a subscriber at most 2 kB to find and read SEI", async () => {
  const names = "findSeiAnnexB, unescapeEbsp, parseSei, parseUserDataUnregistered";
  expect(await bundleBytes(`export { ${names} } from "@inband/h264";`)).toBeLessThanOrEqual(2000);
});

it("costs at most 15 kB to take all of the h264 entry point", async () => {
  expect(await bundleBytes(`export * from "@inband/h264";`)).toBeLessThanOrEqual(15_000);
});

it("costs a page at most 15.5 kB to receive, the worker inside included", async () => {
  const lines = `export { SeiSubscriber } from "@inband/subscriber"; export { browserFeed } from "@inband/browser";`;
  expect(await bundleBytes(lines, browserFolder)).toBeLessThanOrEqual(15_500);
});

it("spares a page that plays by WHEP what joins a stage and what publishes", async () => {
  const contents = `export { connectWhep } from "@inband/browser/whip"; export { browserFeed } from "@inband/browser";`;
  const text = await bundle({ contents, resolveDir: browserFolder }, { minify: true });
  const joined = await bundle({ contents: `export { joinStage } from "@inband/browser/whip";`, resolveDir: root });
  for (const part of ["STAGE_STATE", "createDataChannel", "Invalid JWT", "sendEncodings"]) {
    expect(joined).toContain(part);
    expect(text).not.toContain(part);
  }
  expect(gzipSync(text, { level: 9 }).length).toBeLessThanOrEqual(6000);
});

it("costs the worker that reads a page's video at most 4 kB", async () => {
  expect(await bundleBytes(`import "./src/worker/reader-worker.ts";`, browserFolder)).toBeLessThanOrEqual(4000);
});

it("needs nothing of Node in a Vite build: no modules, no polyfill of Buffer", async () => {
  const folder = await mkdtemp(join(root, "node_modules/.inband-vite-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, "index.html"), '<script type="module" src="./app.ts"></script>');
  const doors = ["@inband/h264", "@inband/h264/rtp"];
  const lines = doors.map((door, index) => `import * as door${index} from "${door}"; console.log(door${index});`);
  await writeFile(join(folder, "app.ts"), lines.join("\n"));
  const warnings: string[] = [];
  const result = await vite({
    root: folder,
    configFile: false,
    logLevel: "warn",
    customLogger: {
      info: () => undefined,
      warn: (message) => void warnings.push(message),
      warnOnce: (message) => void warnings.push(message),
      error: (message) => void warnings.push(message),
      clearScreen: () => undefined,
      hasErrorLogged: () => false,
      hasWarned: false,
    },
    resolve: { conditions: ["@inband/source", "module", "browser", "development|production"] },
    build: { write: false, minify: false, target: "es2024" },
  });
  const outputs = Array.isArray(result) ? result : [result];
  const chunks = outputs.flatMap((output) => ("output" in output ? output.output : []));
  const code = chunks.map((chunk) => (chunk.type === "chunk" ? chunk.code : "")).join("\n");
  expect(code).toContain("findSeiAnnexB");
  expect(code).toContain("H264Depayloader");
  expect(warnings).toEqual([]);
  expect(code).not.toMatch(/node:|__vite-browser-external|\bprocess\.|\bBuffer\(|\bBuffer\.(from|alloc)/);
  const imported = [...code.matchAll(/(?:from|import|require)\s*\(?\s*["']([^"']+)["']/g)].map(([, name]) => name);
  expect(imported.filter((name) => name === "buffer" || builtinModules.includes(name ?? ""))).toEqual([]);
  const modules = chunks.flatMap((chunk) => (chunk.type === "chunk" ? Object.keys(chunk.modules) : []));
  expect(modules.filter((id) => id.includes("node_modules/") && !id.startsWith(folder))).toEqual([]);
});
