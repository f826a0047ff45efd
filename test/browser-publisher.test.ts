import { resolve } from "node:path";
import { openPage } from "@inband/rig/chromium/test-page";
import { hangMs } from "@inband/rig/hang";
import { servedStage } from "@inband/rig/stage/served-stage";
import { receiver } from "@inband/rig/werift/test-peer";
import { connectWhep } from "@inband/stage/client";
import { type ReceivedMessage, SeiSubscriber } from "@inband/subscriber";
import { weriftFeed } from "@inband/werift";
import { describe, expect, it, onTestFinished, vi } from "vitest";

describe("a publisher in Chromium, through the stage, to a subscriber in Node", () => {
  it("delivers each message once while the page is blocked for 300 ms now and then, and the video does not stall", async () => {
    const { stage, url } = await servedStage();
    const page = await openPage(resolve(import.meta.dirname, "pages/publish.ts"));
    const token = await stage.createToken({ participantId: "camera", url });
    await page.evaluate(([url, token]) => publishTo(url, token), [`${url}/publish/camera`, token] as const);
    await vi.waitUntil(() => page.evaluate(() => framesSent().then((frames) => frames > 0)), { timeout: hangMs });

    const received: ReceivedMessage<string>[] = [];
    const subscriber = new SeiSubscriber<string>();
    subscriber.on("message", (message) => received.push(message));
    onTestFinished(() => subscriber.close());
    const { pc, transceiver } = receiver();
    subscriber.attach(weriftFeed(transceiver));
    const session = await connectWhep(pc, {
      url: `${url}/subscribe/camera`,
      token: await stage.createToken({ participantId: "viewer", url }),
    });
    await vi.waitUntil(() => subscriber.stats().accessUnits > 0, { timeout: hangMs });

    const texts = Array.from({ length: 25 }, (_, index) => `message ${index}`);
    const before = await page.evaluate(() => framesSent());
    for (const [index, text] of texts.entries()) {
      await page.evaluate((text) => publishText(text), text);
      if (index % 5 === 4) await page.evaluate(() => blockFor(300));
    }
    await vi.waitUntil(() => received.length >= texts.length, { timeout: hangMs });

    const first = subscriber.stats().accessUnits;
    await page.evaluate(() => blockFor(3000));
    const framesWhileBlocked = subscriber.stats().accessUnits - first;

    expect(received.map(({ value }) => value).sort()).toEqual([...texts].sort());
    expect(new Set(received.map(({ id }) => id)).size).toBe(texts.length);
    expect(framesWhileBlocked, "access units received while the page was blocked").toBeGreaterThan(15);
    expect(await page.evaluate(() => framesSent())).toBeGreaterThan(before + 30);

    await session.close();
  });
});
