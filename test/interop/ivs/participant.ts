import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { resolve } from "node:path";
import { servePage } from "@inband/rig/chromium/page-server";
import { sharedChromium } from "@inband/rig/chromium/test-page";
import { hangMs } from "@inband/rig/hang";
import type { Page } from "playwright";
import { expect, onTestFinished } from "vitest";
import type { JoinOptions } from "./page.ts";

/** A page with the real Amazon IVS Web Broadcast SDK, unmodified, in a tab of its own. It ends with the test. */
export interface IvsParticipant {
  readonly page: Page;
  /** Joins; resolves to "joined" or to why not. */
  join(token: string, options: JoinOptions): Promise<string>;
  /** Waits for an event of the SDK, as `page.ts` words it. */
  told(event: string | RegExp): Promise<void>;
  events(): Promise<readonly string[]>;
  /** Requests of the page to the stage: method, what is asked for (of a session: which control), and status. */
  readonly requests: readonly string[];
}

const sdkPath = createRequire(import.meta.url).resolve("amazon-ivs-web-broadcast");

/**
 * Opens a page for a participant: `page.ts`, or one that builds on it. Nothing but loopback is reached: the SDK's statistics
 * are refused.
 */
export async function openIvsParticipant(entry = "page.ts"): Promise<IvsParticipant> {
  const files = new Map([["sdk.js", await readFile(sdkPath)]]);
  const served = await servePage(resolve(import.meta.dirname, entry), { files });
  const context = await (await sharedChromium()).newContext();
  onTestFinished(async () => {
    await context.close();
    await served[Symbol.asyncDispose]();
  });
  await context.route("**/*", (route) =>
    new URL(route.request().url()).hostname === "127.0.0.1" ? route.continue() : route.abort(),
  );
  const page = await context.newPage();
  const requests: string[] = [];
  page.on("response", (response) => {
    const { pathname, origin } = new URL(response.url());
    if (origin !== new URL(served.url).origin) {
      const [, what, , , control] = pathname.split("/");
      requests.push(`${response.request().method()} ${control ?? what} ${response.status()}`);
    }
  });
  await page.goto(served.url);
  const events = () => page.evaluate(() => toldEvents());
  return {
    page,
    requests,
    events,
    join: (token, options) => page.evaluate(([token, options]) => joinStage(token, options), [token, options] as const),
    async told(event) {
      const expected = typeof event === "string" ? event : expect.stringMatching(event);
      await expect.poll(events, { timeout: hangMs }).toContainEqual(expected);
    },
  };
}
