import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { newPage } from "@inband/rig/chromium/test-page";
import { hangMs } from "@inband/rig/hang";
import { root } from "@inband/rig/repository";
import { build, preview } from "vite";
import { expect, it, onTestFinished, vi } from "vitest";

it("starts one worker in a page of Vite that publishes and subscribes", async () => {
  const folder = await mkdtemp(join(root, "node_modules/.inband-vite-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, "index.html"), '<script type="module" src="./app.ts"></script>');
  await writeFile(join(folder, "app.ts"), 'import "../../test/pages/both-ways.ts";');
  const options = { root: folder, configFile: false, logLevel: "error" } as const;
  await build({ ...options, resolve: { conditions: ["@inband/source"] }, build: { target: "es2022" } });
  const server = await preview({ ...options, preview: { host: "127.0.0.1", port: 0 } });
  onTestFinished(() => server.close());

  const page = await newPage();
  await page.goto(server.resolvedUrls?.local[0] as string);
  const texts = (): Promise<readonly string[]> => page.evaluate(() => receivedTexts());
  await vi.waitUntil(async () => (await texts()).length === 3, { timeout: hangMs, interval: 200 });
  expect(await texts()).toEqual(["one", "two", "three"]);
  const names = await Promise.all(page.workers().map((worker) => worker.evaluate(() => self.name)));
  // The moving picture is drawn in a worker of its own.
  expect(names.filter((name) => name.startsWith("inband"))).toEqual(["inband"]);
});
