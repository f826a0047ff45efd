import { resolve } from "node:path";
import { openPage } from "@inband/rig/chromium/test-page";
import { hangMs } from "@inband/rig/hang";
import type { Sender } from "../ends.ts";

/** Ours in a page. It ends with the test. */
export const chromiumSender: Sender = {
  name: "inband in Chromium",
  version: undefined,
  async start(stage, participantId) {
    const page = await openPage(resolve(import.meta.dirname, "../pages/chromium.ts"));
    const url = `${stage.url}/publish/${participantId}`;
    await page.evaluate(([url, token]) => publishCamera(url, token), [url, await stage.token(participantId)] as const);
    await page.waitForFunction(() => framesSent().then((frames) => frames > 0), undefined, { timeout: hangMs });
    return {
      send: (payload) => page.evaluate((bytes) => publishBytes(bytes), [...payload]),
      close: () => page.close(),
    };
  },
};
