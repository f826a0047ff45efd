import { resolve } from "node:path";
import { openPage } from "@inband/rig/chromium/test-page";
import { hangMs } from "@inband/rig/hang";
import type { Receiver } from "../ends.ts";

const everyMs = 100;

/** Ours in a page. It ends with the test. */
export const chromiumReceiver: Receiver = {
  name: "inband in Chromium",
  version: undefined,
  tellsCopies: false,
  async start(stage, from, participantId, tally, sent) {
    const page = await openPage(resolve(import.meta.dirname, "../pages/chromium.ts"));
    const url = `${stage.url}/subscribe/${from}`;
    await page.evaluate(([url, token]) => receiveMessagesFrom(url, token), [
      url,
      await stage.token(participantId),
    ] as const);
    await page.waitForFunction(() => framesDecoded().then((frames) => frames > 0), undefined, { timeout: hangMs });
    const collect = async () => {
      for (const [bytes, isOnFrame] of await page.evaluate(() => takeReceived())) {
        tally.count(Uint8Array.from(bytes), sent, isOnFrame);
      }
    };
    const timer = setInterval(() => void collect().catch(() => {}), everyMs);
    return {
      decoded: () => page.evaluate(() => framesDecoded()),
      async close() {
        clearInterval(timer);
        await collect();
        await page.close();
      },
    };
  },
};
