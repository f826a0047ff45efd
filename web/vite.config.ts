import { defaultClientConditions, defineConfig } from "vite";

/** Built from the sources of the packages, into the folder that `inband demo` serves. */
export default defineConfig({
  root: import.meta.dirname,
  resolve: { conditions: ["@inband/source", ...defaultClientConditions] },
  build: {
    outDir: "../packages/cli/page",
    emptyOutDir: true,
    target: "es2022",
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    assetsInlineLimit: 0,
  },
});
