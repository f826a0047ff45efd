/**
 * Builds each worker of a browser door into one self-contained text: a module worker gets no import map and may not
 * come from another origin, so the door starts it from a Blob. The same text is the `/worker` door of the build, for
 * pages whose Content-Security-Policy forbids Blobs.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

for (const name of ["publisher", "subscriber"]) {
  const folder = join(root, "packages", name);
  const entry = join(folder, "src/browser/worker.ts");
  if (!existsSync(entry)) continue;
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    minify: true,
    write: false,
    format: "iife",
    target: "es2022",
    conditions: ["@inband/source"],
    logLevel: "error",
  });
  const text = outputFiles[0].text;
  writeWhenNew(
    join(folder, "src/generated/worker-text.ts"),
    `export const workerText: string = ${JSON.stringify(text)};\n`,
  );
  if (process.argv.includes("--dist")) writeWhenNew(join(folder, "dist/browser/worker.js"), text);
}

/** Leaves the file alone when nothing changed, so that nothing that watches it starts anew. */
function writeWhenNew(path, text) {
  mkdirSync(dirname(path), { recursive: true });
  if (existsSync(path) && readFileSync(path, "utf8") === text) return;
  writeFileSync(path, text);
}
