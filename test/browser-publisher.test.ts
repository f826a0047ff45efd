import { resolve } from "node:path";
import { peerConfig } from "@inband/publisher/werift";
import { connectWhep } from "@inband/stage/client";
import { createStage, type Stage, serveStage } from "@inband/stage/server";
import { type ReceivedMessage, SeiSubscriber } from "@inband/subscriber";
import { weriftFeed } from "@inband/subscriber/werift";
import type { Browser, Page } from "playwright";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { RTCPeerConnection } from "werift";
import { launchChromium, servePage } from "./chromium.ts";

let stage: Stage;
let server: Awaited<ReturnType<typeof serveStage>>;
let pages: Awaited<ReturnType<typeof servePage>>;
let browser: Browser;
let page: Page;

beforeAll(async () => {
  stage = createStage();
  server = await serveStage(stage);
  pages = await servePage(resolve(import.meta.dirname, "pages/publish.ts"));
  browser = await launchChromium();
  page = await browser.newPage();
  await page.goto(pages.url);
});

afterAll(async () => {
  await browser?.close();
  await pages?.close();
  await server?.close();
  await stage?.close();
});

describe("a publisher in Chromium, through the stage, to a subscriber in Node", () => {
  it("delivers each message once while the page is blocked for 300 ms now and then, and the video does not stall", async () => {
    const token = await stage.createToken({ participantId: "camera", url: server.url });
    await page.evaluate(([url, token]) => publishTo(url, token), [`${server.url}/publish/camera`, token] as const);
    await vi.waitUntil(() => page.evaluate(() => framesSent().then((frames) => frames > 0)), { timeout: 10_000 });

    const received: ReceivedMessage<string>[] = [];
    const subscriber = new SeiSubscriber<string>();
    subscriber.on("message", (message) => received.push(message));
    const peerConnection = new RTCPeerConnection(peerConfig({ loopback: true }));
    const transceiver = peerConnection.addTransceiver("video", { direction: "recvonly" });
    subscriber.attach(weriftFeed(transceiver));
    const session = await connectWhep(peerConnection, {
      url: `${server.url}/subscribe/camera`,
      token: await stage.createToken({ participantId: "viewer", url: server.url }),
    });
    await vi.waitUntil(() => subscriber.stats().accessUnits > 0, { timeout: 10_000 });

    const texts = Array.from({ length: 25 }, (_, index) => `message ${index}`);
    const before = await page.evaluate(() => framesSent());
    for (const [index, text] of texts.entries()) {
      await page.evaluate((text) => publishText(text), text);
      if (index % 5 === 4) await page.evaluate(() => blockFor(300));
    }
    await vi.waitUntil(() => received.length >= texts.length, { timeout: 10_000 });

    const first = subscriber.stats().accessUnits;
    await page.evaluate(() => blockFor(3000));
    const framesWhileBlocked = subscriber.stats().accessUnits - first;

    expect(received.map(({ value }) => value).sort()).toEqual([...texts].sort());
    expect(new Set(received.map(({ id }) => id)).size).toBe(texts.length);
    expect(framesWhileBlocked, "access units received while the page was blocked").toBeGreaterThan(15);
    expect(await page.evaluate(() => framesSent())).toBeGreaterThan(before + 30);

    await session.close();
    subscriber.close();
  });
});
