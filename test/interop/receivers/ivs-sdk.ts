import { hangMs } from "@inband/rig/hang";
import { expect } from "vitest";
import type { Receiver } from "../ends.ts";
import { openIvsParticipant } from "../ivs/participant.ts";
import { repeatedly } from "../repeatedly.ts";
import { versionOf } from "../version.ts";
import { flowingPictures } from "./chromium.ts";

/** The real Amazon IVS Web Broadcast SDK in Chromium: it tells of every copy, and of no frame. It ends with the test. */
export const ivsSdkReceiver: Receiver = {
  name: "Amazon IVS SDK",
  version: versionOf("amazon-ivs-web-broadcast"),
  tellsCopies: true,
  isIvsOnly: true,
  isChromium: true,
  async start(stage, from, participantId, tally) {
    const { page, join, told } = await openIvsParticipant();
    const joined = await join(await stage.token(participantId), { publishes: false, subscribes: true });
    if (joined !== "joined") throw new Error(joined);
    await told(`subscribe ${from} subscribed`);
    await expect.poll(() => page.evaluate(() => decodedFrames()), { timeout: hangMs }).toBeGreaterThan(flowingPictures);
    let counted = 0;
    const stopCollecting = repeatedly(async () => {
      const messages = await page.evaluate((from) => receivedSei().slice(from), counted);
      counted += messages.length;
      for (const bytes of messages) tally.count(Uint8Array.from(bytes));
    });
    return {
      decoded: () => page.evaluate(() => decodedFrames()),
      async close() {
        await stopCollecting();
        await page.close();
      },
    };
  },
};
