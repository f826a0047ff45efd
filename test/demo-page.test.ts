import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { sharedChromium } from "@inband/rig/chromium/test-page";
import { hangMs } from "@inband/rig/hang";
import { type RunningInband, startInband } from "@inband/rig/inband-process";
import { root } from "@inband/rig/repository";
import type { Page } from "playwright";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";

interface Line {
  readonly id: string;
  readonly topic: string;
  readonly value: unknown;
}

let demo: RunningInband;
let page: Page;
const lines: Line[] = [];
const problems: string[] = [];

beforeAll(async () => {
  demo = startInband(["demo", "--json"]);
  createInterface({ input: demo.process.stdout }).on("line", (line) => lines.push(JSON.parse(line)));
  const [url] = await demo.errorText(/http:\/\/127\.0\.0\.1:\d+\/?/);
  page = await (await sharedChromium()).newPage({ viewport: { width: 1440, height: 900 } });
  page.on("pageerror", (error) => problems.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error") problems.push(message.text());
  });
  await page.goto(url);
});

afterAll(async () => {
  await page?.context().close();
  await demo?.[Symbol.asyncDispose]();
});

const figure = (name: string) =>
  page.locator("#figures").evaluate((element, name) => Number((element as HTMLElement).dataset[name]), name);
const clock = () => page.locator("#video").evaluate((video) => (video as HTMLVideoElement).currentTime);

describe("npm start and its page", () => {
  it("plays the video", async () => {
    await vi.waitUntil(async () => (await clock()) > 0, { timeout: hangMs });
    const [time, frames] = [await clock(), await figure("frames")];
    await vi.waitUntil(async () => (await clock()) > time + 1 && (await figure("frames")) > frames + 20, {
      timeout: hangMs,
    });
  });

  it("shows at least 20 different messages, none of them twice", async () => {
    await vi.waitUntil(async () => (await figure("unique")) >= 20, { timeout: hangMs });
    const { received, unique } = await page
      .locator("#figures")
      .evaluate((element) => ({ ...(element as HTMLElement).dataset }));
    expect(received).toBe(unique);
    const ids = await page
      .locator("#chat [data-id]")
      .evaluateAll((all) => all.map((element) => element.getAttribute("data-id")));
    expect(new Set(ids).size).toBe(ids.length);
  });

  it("sends what is typed into the box to the page and to the terminal, inside the video", async () => {
    const text = `typed by hand <b>${Date.now()}</b>`;
    await page.fill("#message", text);
    await page.click("#send");
    await page.locator("#chat [data-id]", { hasText: text }).waitFor({ timeout: hangMs });
    const line = await vi.waitUntil(() => lines.find(({ value }) => JSON.stringify(value).includes(text)), {
      timeout: hangMs,
    });
    expect(line.topic).toBe("chat");
    expect(new Set(lines.map(({ id }) => id)).size).toBe(lines.length);
  });

  it("logs no error in the browser", async () => {
    mkdirSync(join(root, "test-results"), { recursive: true });
    await page.screenshot({ path: join(root, "test-results/demo.png") });
    expect(problems).toEqual([]);
  });

  it("ends cleanly on Ctrl-C", async () => {
    demo.process.kill("SIGINT");
    expect((await demo.ended).code).toBe(0);
  });
});
