/** Builds `inband.min.js`, one module of what a page without a bundler needs. */
import { join } from "node:path";
import { build } from "esbuild";
import { root } from "./task.mjs";

const folder = join(root, "packages/inband");
const entries = ["index", "browser", "browser-whip", "data-channel"];
await build({
  stdin: { contents: entries.map((name) => `export * from "./src/${name}.ts";`).join("\n"), resolveDir: folder },
  outfile: join(folder, "dist/inband.min.js"),
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  conditions: ["@inband/source"],
  logLevel: "error",
});
