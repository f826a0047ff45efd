/**
 * Builds the page of the demo into a folder of its own, then puts each file that is new into the place from where
 * `inband demo` serves it: whoever reads the page meanwhile finds it whole.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { build } from "vite";
import { root } from "./task.mjs";

const page = join(root, "packages/cli/page");
const cache = join(root, "node_modules/.cache");
mkdirSync(cache, { recursive: true });
const built = mkdtempSync(join(cache, "inband-page-"));
try {
  const configFile = join(root, "web/vite.config.ts");
  await build({ root: join(root, "web"), configFile, logLevel: "warn", build: { outDir: built } });
  const files = filesOf(built);
  // The page names its assets, so it comes last.
  for (const file of files.sort((a, b) => Number(a === "index.html") - Number(b === "index.html"))) {
    if (isSame(join(built, file), join(page, file))) continue;
    mkdirSync(dirname(join(page, file)), { recursive: true });
    renameSync(join(built, file), join(page, file));
  }
  for (const file of filesOf(page)) if (!files.includes(file)) rmSync(join(page, file), { force: true });
} finally {
  rmSync(built, { recursive: true, force: true });
}

function filesOf(folder) {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(relative(folder, entry.parentPath), entry.name));
}

function isSame(path, other) {
  try {
    return readFileSync(path).equals(readFileSync(other));
  } catch (error) {
    if (error.code === "ENOENT") return false;
    throw error;
  }
}
