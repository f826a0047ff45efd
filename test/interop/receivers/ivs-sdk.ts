import { hangMs } from "@inband/rig/hang";
import type { Receiver } from "../ends.ts";
import { openIvsParticipant } from "../ivs/participant.ts";
import { versionOf } from "../version.ts";

const everyMs = 100;

/** The real Amazon IVS Web Broadcast SDK in Chromium: it tells of every copy, and of no frame. It ends with the test. */
export const ivsSdkReceiver: Receiver = {
  name: "Amazon IVS SDK",
  version: versionOf("amazon-ivs-web-broadcast"),
  tellsCopies: true,
  isIvsOnly: true,
  async start(stage, from, participantId, tally, sent) {
    const { page, join, told } = await openIvsParticipant();
    const joined = await join(await stage.token(participantId), { publishes: false, subscribes: true });
    if (joined !== "joined") throw new Error(joined);
    await told(`subscribe ${from} subscribed`);
    await page.waitForFunction(() => decodedFrames().then((frames) => frames > 0), undefined, { timeout: hangMs });
    let counted = 0;
    const collect = async () => {
      const messages = await page.evaluate((from) => receivedSei().slice(from), counted);
      counted += messages.length;
      for (const bytes of messages) tally.count(Uint8Array.from(bytes), sent, false);
    };
    let collecting = Promise.resolve();
    const timer = setInterval(() => {
      collecting = collecting.then(collect).catch(() => {});
    }, everyMs);
    return {
      decoded: () => page.evaluate(() => decodedFrames()),
      async close() {
        clearInterval(timer);
        await collecting;
        await collect();
        await page.close();
      },
    };
  },
};
