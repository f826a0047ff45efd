import { globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { root, run } from "./task.mjs";

/** What takes real seconds or a program: a peer, an encoder, a stage, another process, a browser, a bundler. */
const marks = [
  /\bnew (RTC)?PeerConnection\(/,
  /^import (?!type)[^;]*"(@inband\/h264\/encoder|@inband\/stage\/server|node:child_process|playwright|esbuild|vite)"/m,
];
const imports = /\bfrom "(\.[^"]+|@inband\/rig\/[^"]+)"/g;

const known = new Map();

/** Whether a test, or a module of the tests or the rig that it imports, takes one of them. */
function isReal(path) {
  const answer = known.get(path);
  if (answer !== undefined) return answer;
  known.set(path, false);
  const text = readFileSync(path, "utf8");
  const others = [...text.matchAll(imports)].map(([, name]) =>
    name.startsWith(".") ? join(dirname(path), name) : `${name.replace("@inband/rig", join(root, "rig/src"))}.ts`,
  );
  const real = marks.some((mark) => mark.test(text)) || others.filter((other) => /\.ts$/.test(other)).some(isReal);
  known.set(path, real);
  return real;
}

const files = globSync(["packages/*/test/**/*.test.ts", "test/**/*.test.ts"], { cwd: root })
  .filter((file) => !file.endsWith(".browser.test.ts") && !isReal(join(root, file)))
  .sort();
console.log(`${files.length} files of tests take no browser, peer, encoder or other process`);
if (files.length === 0) process.exit(1);
process.exitCode = await run("vitest", [
  "run",
  "--project",
  "node",
  "--project",
  "whole",
  ...files,
  ...process.argv.slice(2),
]);
