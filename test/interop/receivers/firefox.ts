import { resolve } from "node:path";
import { servePage } from "@inband/rig/chromium/page-server";
import { findFirefox, launchFirefox } from "@inband/rig/firefox/firefox";
import type { Receiver } from "../ends.ts";
import { repeatedly } from "../repeatedly.ts";
import { debianPackages } from "../version.ts";

/** Ours in Firefox, which has no H.264 as Debian builds it: the stage relays the messages over a data channel. */
export const firefoxReceiver: Receiver = {
  name: "inband in Firefox, data channel",
  ...debianPackages("firefox-esr"),
  tellsCopies: false,
  async start(stage, from, participantId, tally) {
    const firefox = await launchFirefox(findFirefox() ?? "firefox-esr");
    const served = await servePage(resolve(import.meta.dirname, "../pages/without-h264.ts"));
    const page = await firefox.newPage();
    await page.goto(served.url);
    const url = `${stage.url}/subscribe/${from}`;
    await page.evaluate((url, token) => relayMessagesFrom(url, token), url, await stage.token(participantId));
    const stopCollecting = repeatedly(async () => {
      for (const bytes of await page.evaluate(() => takeRelayed())) tally.count(Uint8Array.from(bytes));
    });
    return {
      async close() {
        await stopCollecting();
        await firefox.close();
        await served[Symbol.asyncDispose]();
      },
    };
  },
};
