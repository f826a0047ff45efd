import { globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { root, run } from "./task.mjs";

/** What takes real seconds, or a program: peers, encoders, browsers, processes. */
const marks = [/\bnew (RTC)?PeerConnection\(/, /^import (?!type)[^;]*"/m, /\bfrom "@inband\/stage\/server"/];
const imports = /\bfrom "(\.[^"]+|@inband\/rig\/[^"]+)"/g;

const known = new Map();

/** Whether a module, or one of the tests' own that it imports, does. */
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
console.log(`${files.length} files of tests without a browser, a peer, an encoder or another process`);
process.exitCode = await run("vitest", [
  "run",
  "--project",
  "node",
  "--project",
  "whole",
  ...files,
  ...process.argv.slice(2),
]);
