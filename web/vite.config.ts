import { resolve } from "node:path";
import { defaultClientConditions, defineConfig } from "vite";

/** Built from the sources of the packages, into the folder that the commands serve their pages from. */
export default defineConfig({
  root: import.meta.dirname,
  resolve: { conditions: ["@inband/source", ...defaultClientConditions] },
  build: {
    outDir: "../packages/cli/page",
    emptyOutDir: true,
    rolldownOptions: { input: ["index.html", "self-test.html"].map((page) => resolve(import.meta.dirname, page)) },
    target: "es2022",
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    assetsInlineLimit: 0,
  },
});
