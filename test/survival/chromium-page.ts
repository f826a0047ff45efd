import { join } from "node:path";
import { servePage } from "@inband/rig/chromium/page-server";
import { sharedChromium } from "@inband/rig/chromium/test-page";
import type { Page } from "playwright";
import { findChromium } from "../../scripts/chromium.mjs";
import { missing } from "./program-version.ts";

/** Why pages cannot run here. */
export function chromiumReason(): string | undefined {
  return missing({ "Chrome or Chromium": findChromium() !== undefined });
}

/** The page of the players, with files beside it; it goes when this is disposed of. */
export async function playerPage(
  files: ReadonlyMap<string, Uint8Array> = new Map(),
): Promise<AsyncDisposable & { readonly page: Page }> {
  const served = await servePage(join(import.meta.dirname, "pages/player.ts"), { files });
  const context = await (await sharedChromium()).newContext();
  const page = await context.newPage();
  await page.goto(served.url);
  await page.waitForFunction(() => "play" in globalThis);
  return {
    page,
    async [Symbol.asyncDispose]() {
      await context.close();
      await served[Symbol.asyncDispose]();
    },
  };
}
