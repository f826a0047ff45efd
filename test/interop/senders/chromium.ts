import { resolve } from "node:path";
import { openPage } from "@inband/rig/chromium/test-page";
import { hangMs } from "@inband/rig/hang";
import type { Page } from "playwright";
import { expect } from "vitest";
import type { RunningSender, Sender } from "../ends.ts";
import type { Place } from "../place.ts";

/** Simulcast layers, the smallest first. */
export const twoLayers = ["low", "high"] as const;

/** Ours in a page, with its camera in one stream, or in simulcast layers. It ends with the test. */
export function chromiumSender(layers: readonly string[] = []): Sender {
  return {
    name: `inband in Chromium${layers.length > 0 ? ", simulcast" : ""}`,
    version: undefined,
    async start(stage, participantId) {
      const url = `${stage.url}/publish/${participantId}`;
      const token = await stage.token(participantId);
      return sendFromChromium(layers, (page) =>
        page.evaluate(([url, token, layers]) => publishCamera(url, token, layers), [url, token, layers] as const),
      );
    },
  };
}

/** Sends from a page to whatever `join` leads to. */
export async function sendFromChromium(
  layers: readonly string[],
  join: (page: Page) => Promise<void>,
): Promise<RunningSender> {
  const page = await openPage(resolve(import.meta.dirname, "../pages/chromium.ts"));
  await join(page);
  const flowing = () => page.evaluate(() => flowingStreams());
  await expect.poll(flowing, { timeout: hangMs }).toBe(Math.max(1, layers.length));
  const sending: Promise<Place | undefined>[] = [];
  const send = async (payload: Uint8Array): Promise<Place | undefined> => {
    const copies = await page.evaluate((bytes) => publishBytes(bytes), [...payload]);
    // Each layer has a clock of its own, and which of them a receiver gets the sender does not know.
    return layers.length > 0 ? { copies } : { copies, rtpTimestamp: copies[0]?.rtpTimestamp };
  };
  return {
    send(payload) {
      const sent = send(payload);
      sending.push(sent);
      return sent;
    },
    async sendsLayer(index) {
      const frames = () => page.evaluate((layer) => framesSentOf(layer), layers[index] ?? "");
      const before = await frames();
      await page.waitForTimeout(1000);
      return (await frames()) > before;
    },
    async close() {
      await Promise.allSettled(sending);
      await page.close();
    },
  };
}
