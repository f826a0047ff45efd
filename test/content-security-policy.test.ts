import { resolve } from "node:path";
import { openPage } from "@inband/rig/chromium/test-page";
import { hangMs } from "@inband/rig/hang";
import { describe, expect, it, vi } from "vitest";

const policy = new Map([["content-security-policy", "default-src 'self'; worker-src 'self'"]]);
const publisherFails = "BrowserCarrierError worker-failed";
const subscriberFails = "BrowserFeedError worker-failed";

describe("where a page may start no worker, the video plays on and the failure is told", () => {
  it.each([
    ["of a subscriber", { publishes: false, subscribes: true }, [subscriberFails]],
    ["of a publisher", { publishes: true, subscribes: false }, [publisherFails]],
    ["of both", { publishes: true, subscribes: true }, [publisherFails, subscriberFails]],
    [
      "of both, whose own worker is no script either",
      { publishes: true, subscribes: true, worker: "/no-script" },
      [publisherFails, publisherFails, subscriberFails, subscriberFails],
    ],
    [
      "of both, in a browser without RTCRtpScriptTransform",
      { publishes: true, subscribes: true, isOld: true },
      [publisherFails, subscriberFails],
    ],
  ])("%s", async (_, sides, errors) => {
    const page = await openPage(resolve(import.meta.dirname, "pages/no-worker.ts"), { headers: policy });
    await page.evaluate((sides) => loop(sides), sides);
    const state = () => page.evaluate(() => globalThis.state());
    const told = async () => new Set((await state()).errors);
    await vi.waitUntil(async () => (await told()).size === new Set(errors).size, { timeout: hangMs, interval: 200 });
    const before = await state();
    await vi.waitUntil(
      async () => {
        const { framesSent, framesDecoded, framesShown } = await state();
        const isFlowing = framesSent > before.framesSent + 30 && framesDecoded > before.framesDecoded + 20;
        return isFlowing && framesShown > before.framesShown + 5;
      },
      { timeout: hangMs, interval: 200 },
    );
    expect(await told()).toEqual(new Set(errors));
    // The side that fails second need not try the page's own worker, which has failed the other one already.
    expect((await state()).errors.length).toBeLessThanOrEqual(errors.length);
  });
});
