import { join } from "node:path";
import { root, run } from "./task.mjs";

/** Everything that is known without running the code; all steps run, so that one call shows all that is wrong. */
const steps = [
  ["format and lint", "biome", ["ci", "."]],
  ["workers", "node", ["scripts/build-workers.mjs"]],
  ["types", "tsc", ["-b"]],
  ["types of tests", "tsc", ["-p", "tsconfig.test.json"]],
  ["types of the page", "tsc", ["-p", "web/tsconfig.json"]],
  ["layers", "node", ["scripts/check-layers.ts"]],
  ["files", "node", ["scripts/check-files.ts"]],
  ["clones", "node", ["scripts/check-clones.ts"]],
  ["lockfile", "node", ["scripts/check-lockfile.ts"]],
  ["docs", "typedoc", ["--emit", "none"], { cwd: join(root, "docs") }],
];

const failed = [];
for (const [name, program, args, options] of steps) {
  if (await run(program, args, options)) failed.push(name);
}
console.log(failed.length ? `check: failed: ${failed.join(", ")}` : `check: ${steps.length} steps passed`);
process.exitCode = failed.length ? 1 : 0;
