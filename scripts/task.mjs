import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { runChild } from "./child.mjs";

/** The top folder of the repository. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)));

const environment = {
  ...process.env,
  NODE_OPTIONS: withSources(process.env.NODE_OPTIONS ?? ""),
  PATH: [join(root, "node_modules/.bin"), process.env.PATH].join(delimiter),
};

/** Runs a program of node_modules/.bin, or Node itself, from the top folder and resolves with its exit code. */
export function run(program, args, { env = {}, cwd = root, stdio = "inherit" } = {}) {
  const [file, before] =
    program === "node" ? [process.execPath, []] : [process.execPath, [join(root, "node_modules", bins[program])]];
  return runChild(file, [...before, ...args], { cwd, stdio, env: { ...environment, ...env } });
}

/** The entry files of the programs that the scripts run: no shell, no platform-dependent shims. */
const bins = {
  biome: "@biomejs/biome/bin/biome",
  jscpd: "jscpd/run-jscpd.js",
  publint: "publint/src/cli.js",
  tsc: "typescript/bin/tsc",
  typedoc: "../docs/node_modules/typedoc/bin/typedoc",
  vitest: "vitest/vitest.mjs",
};

function withSources(options) {
  return options.includes("@inband/source") ? options : `${options} --conditions=@inband/source`.trim();
}
