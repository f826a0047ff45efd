import { availableParallelism } from "node:os";
import { playwright } from "@vitest/browser-playwright";
import { defineConfig } from "vitest/config";
import { hangMs } from "./rig/src/hang.ts";
import { chromiumArguments, findChromium } from "./scripts/chromium.mjs";

const conditions = ["@inband/source"];
/** One more than cores: real peers, videos and programs mostly wait. */
const maxWorkers = availableParallelism() + 1;
const portable = [
  "rtp",
  "h264",
  "wire",
  "stream",
  "publisher",
  "subscriber",
  "browser",
  "data-channel",
  "hls",
  "ivs",
  "stage-protocol",
];

/** Tests run from the sources: `*.node.test.ts` in Node only, `*.browser.test.ts` in Chromium only, the rest of the portable packages in both. */
export default defineConfig({
  test: {
    api: { host: "127.0.0.1" },
    reporters: [
      "./scripts/slowest-reporter.mjs",
      "default",
      "./scripts/skip-reporter.mjs",
      ["json", { outputFile: "test-results/report.json" }],
    ],
    projects: [
      {
        resolve: { conditions },
        ssr: { resolve: { conditions } },
        test: {
          name: "node",
          maxWorkers,
          isolate: false,
          testTimeout: 2 * hangMs,
          hookTimeout: 2 * hangMs,
          include: ["packages/*/test/**/*.test.ts"],
          exclude: ["**/*.browser.test.ts"],
        },
      },
      {
        resolve: { conditions: [...conditions, "module", "browser", "development|production"] },
        test: {
          name: "chromium",
          maxWorkers,
          testTimeout: 2 * hangMs,
          hookTimeout: 2 * hangMs,
          include: [
            ...portable.map((name) => `packages/${name}/test/**/*.test.ts`),
            "packages/media/test/probe/**/*.test.ts",
            "web/test/**/*.test.ts",
          ],
          exclude: ["**/*.node.test.ts"],
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            provider: playwright({
              launchOptions: { executablePath: findChromium() ?? "chromium", args: [...chromiumArguments] },
            }),
            instances: [{ browser: "chromium" }],
          },
        },
      },
      {
        resolve: { conditions },
        ssr: { resolve: { conditions } },
        test: {
          name: "whole",
          maxWorkers,
          isolate: false,
          include: ["test/**/*.test.ts"],
          testTimeout: 2 * hangMs,
          hookTimeout: 2 * hangMs,
        },
      },
    ],
  },
});
