/**
 * Builds what the worker of `@inband/browser` does in each role, reading and writing, into a self-contained text: a
 * module worker gets no import map and may not come from another origin, so the page starts it from a Blob of the roles
 * that it has loaded. The `/worker` entry point of the build is one text of both, for pages whose
 * Content-Security-Policy forbids Blobs.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

const folder = join(root, "packages/browser");

for (const role of ["reader", "writer"]) {
  const text = await bundled(`${role}-worker.ts`);
  writeWhenNew(
    join(folder, `src/generated/${role}-script.ts`),
    `export const ${role}Script: string = ${JSON.stringify(text)};\n`,
  );
}
if (process.argv.includes("--dist")) {
  const text = await bundled("index.ts");
  writeWhenNew(join(folder, "dist/worker/index.js"), text);
  writeWhenNew(join(root, "packages/inband/dist/browser-worker.js"), text);
}

async function bundled(entry) {
  const { outputFiles } = await build({
    entryPoints: [join(folder, "src/worker", entry)],
    bundle: true,
    minify: true,
    write: false,
    format: "iife",
    target: "es2022",
    conditions: ["@inband/source"],
    // Without the settings of the project, `strict` among them, which would put "use strict" before every script.
    tsconfigRaw: {},
    logLevel: "error",
  });
  return outputFiles[0].text;
}

/** Leaves the file alone when nothing changed, so that nothing that watches it starts anew. */
function writeWhenNew(path, text) {
  mkdirSync(dirname(path), { recursive: true });
  if (existsSync(path) && readFileSync(path, "utf8") === text) return;
  writeFileSync(path, text);
}
