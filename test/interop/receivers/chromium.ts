import { resolve } from "node:path";
import { openPage } from "@inband/rig/chromium/test-page";
import { hangMs } from "@inband/rig/hang";
import type { Page } from "playwright";
import { expect } from "vitest";
import type { Receiver, RunningReceiver } from "../ends.ts";
import { numberIn } from "../picture-number.ts";
import { repeatedly } from "../repeatedly.ts";
import type { Tally } from "../tally.ts";

/** Ours in a page. It ends with the test. */
export const chromiumReceiver: Receiver = {
  name: "inband in Chromium",
  version: undefined,
  tellsCopies: false,
  isChromium: true,
  async start(stage, from, participantId, tally) {
    const url = `${stage.url}/subscribe/${from}`;
    const token = await stage.token(participantId);
    return receiveInChromium(tally, (page) =>
      page.evaluate(([url, token]) => receiveMessagesFrom(url, token), [url, token] as const),
    );
  },
};

/** Servers have been seen to pause for a second behind the first picture. */
export const flowingPictures = 10;

/** What a page tells beside messages. */
export interface PageReceiver extends RunningReceiver {
  freezes(): Promise<number>;
  /** Of the picture that was decoded last. */
  height(): Promise<number>;
}

/** Receives in a page what `join` leads to. */
export async function receiveInChromium(tally: Tally, join: (page: Page) => Promise<void>): Promise<PageReceiver> {
  const page = await openPage(resolve(import.meta.dirname, "../pages/chromium.ts"));
  await join(page);
  await expect.poll(() => page.evaluate(() => framesDecoded()), { timeout: hangMs }).toBeGreaterThan(flowingPictures);
  const stopCollecting = repeatedly(async () => {
    for (const [bytes, rtpTimestamp, strip] of await page.evaluate(() => takeReceived())) {
      tally.count(Uint8Array.from(bytes), { rtpTimestamp, picture: numberIn(strip) });
    }
  });
  return {
    decoded: () => page.evaluate(() => framesDecoded()),
    freezes: () => page.evaluate(() => freezes()),
    height: () => page.evaluate(() => decodedHeight()),
    async close() {
      await stopCollecting();
      await page.close();
    },
  };
}
