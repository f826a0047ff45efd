import type { Browser, BrowserContextOptions, Page } from "playwright";
import { onTestFinished } from "vitest";
import { launchChromium } from "./browser.ts";
import { type PageOptions, servePage } from "./page-server.ts";

let browser: Promise<Browser> | undefined;

/**
 * The Chromium of all test files that run in this process, which ends with the process. Close what you open in it, not
 * the browser.
 */
export function sharedChromium(): Promise<Browser> {
  browser ??= launchChromium();
  return browser;
}

/** A new page in a context of its own, which ends with the test. */
export async function newPage(options: BrowserContextOptions = {}): Promise<Page> {
  const context = await (await sharedChromium()).newContext(options);
  onTestFinished(() => context.close());
  return context.newPage();
}

/** A new page on loopback whose only script is the module `entry`; it ends with the test. */
export async function openPage(entry: string, options: PageOptions = {}): Promise<Page> {
  const served = await servePage(entry, options);
  onTestFinished(() => served[Symbol.asyncDispose]());
  const page = await newPage();
  await page.goto(served.url);
  return page;
}
