import { run } from "./task.mjs";

/** Builds what is published: `dist` of every package, the self-contained workers, the module for pages without a bundler, and the page. */
const steps = [
  ["node", ["scripts/build-workers.mjs"]],
  ["tsc", ["-b"]],
  ["node", ["scripts/build-workers.mjs", "--dist"]],
  ["node", ["scripts/build-min.mjs"]],
  ["node", ["scripts/build-page.mjs"]],
];

for (const [program, args] of steps) {
  process.exitCode = await run(program, args);
  if (process.exitCode) break;
}
