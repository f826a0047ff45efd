import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { sharedChromium } from "@inband/rig/chromium/test-page";
import { findFirefox, launchFirefox } from "@inband/rig/firefox/firefox";
import { hangMs } from "@inband/rig/hang";
import { startInband } from "@inband/rig/inband-process";
import { root } from "@inband/rig/repository";
import { describe, expect, it, onTestFinished } from "vitest";

interface Figures {
  readonly sent: number;
  readonly received: number;
  readonly onFrame: number;
  readonly framesSeen: number;
  readonly framesDecoded: number;
  readonly problem?: string;
}

const whole = { sent: 50, received: 50, twice: 0, exact: 50 };

/** `inband doctor --page`, which ends with the test: its address, and the next row that it prints. */
async function doctor() {
  const running = startInband(["doctor", "--page", "--port", "0", "--json"]);
  onTestFinished(() => running[Symbol.asyncDispose]());
  const [url] = await running.errorText(/http:\/\/\S+/);
  const nextRow = async () => JSON.parse((await running.lines.next()).value);
  return { url, nextRow, running };
}

describe("inband doctor --page", () => {
  it("tests Chromium: every message once, byte for byte, on its frame, and says so on the page and in the terminal", async () => {
    const { url, nextRow, running } = await doctor();
    const page = await (await sharedChromium()).newPage({ viewport: { width: 1180, height: 1000 } });
    onTestFinished(() => page.context().close());
    const problems: string[] = [];
    page.on("pageerror", (error) => problems.push(String(error)));
    await page.goto(url);
    let row = await nextRow();
    // A machine that is short of time loses packets on loopback, which the page then says.
    while (row.fromPage.received < whole.sent || row.fromNode.received < whole.sent) {
      expect([row.fromPage.twice, row.fromNode.twice]).toEqual([0, 0]);
      await page.locator("#again").click({ timeout: hangMs });
      row = await nextRow();
    }
    for (const path of [row.fromPage, row.fromNode] as Figures[]) {
      expect(path).toMatchObject(whole);
      expect(path.problem).toBeUndefined();
      expect(path.framesDecoded).toBeGreaterThan(30);
      expect(path.framesSeen).toBeGreaterThan(0);
      expect(path.onFrame).toBe(path.framesSeen);
    }
    expect(row.abilities).toMatchObject({ WebRTC: true, "H.264 to receive": true, RTCRtpScriptTransform: true });
    expect(row.userAgent).toContain("Chrome");
    await page.locator("h1", { hasText: "Everything works here" }).waitFor({ timeout: hangMs });
    mkdirSync(join(root, "test-results"), { recursive: true });
    await page.screenshot({ path: join(root, "test-results/self-test.png"), fullPage: true });
    await page.goto(`${url.split("#")[0]}?without-the-key`);
    await page.locator("p", { hasText: "the part behind its #" }).waitFor({ timeout: hangMs });
    expect(problems).toEqual([]);
    running.process.kill("SIGINT");
    expect((await running.ended).code).toBe(0);
  });

  it("tests Firefox: without H.264 the messages come by a data channel, and it says that no video does", async ({
    skip,
  }) => {
    const executable = findFirefox();
    if (executable === undefined) return skip("Firefox is unavailable: FIREFOX_PATH may name one");
    const { url, nextRow } = await doctor();
    const firefox = await launchFirefox(executable);
    onTestFinished(() => firefox.close());
    const page = await firefox.newPage();
    await page.goto(url);
    const row = await nextRow();
    expect(row.userAgent).toContain("Firefox");
    expect(row.abilities).toMatchObject({ WebRTC: true, "H.264 to receive": false });
    expect(row.fromNode).toMatchObject({ ...whole, framesDecoded: 0 });
    expect(row.fromNode.problem).toMatch(/^this browser has no H\.264/);
    expect(row.fromPage).toMatchObject({ sent: 0, received: 0 });
    await page.waitForFunction(() => document.querySelector("h1")?.textContent === "Some of it works here");
  });
});
