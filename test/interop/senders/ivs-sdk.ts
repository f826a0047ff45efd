import { hangMs } from "@inband/rig/hang";
import { expect } from "vitest";
import type { Sender } from "../ends.ts";
import { openIvsParticipant } from "../ivs/participant.ts";
import { versionOf } from "../version.ts";

/** How the SDK is set up. */
export interface IvsSdkSenderOptions {
  readonly isHttpOnly: boolean;
  readonly hasSimulcast?: boolean;
}

/** The real Amazon IVS Web Broadcast SDK in Chromium, each message on two frames. It ends with the test. */
export function ivsSdkSender({ isHttpOnly, hasSimulcast = false }: IvsSdkSenderOptions): Sender {
  return {
    name: `Amazon IVS SDK, ${isHttpOnly ? "HTTP" : "events socket"}${hasSimulcast ? ", simulcast" : ""}`,
    version: versionOf("amazon-ivs-web-broadcast"),
    async start(stage, participantId) {
      const { page, join, told } = await openIvsParticipant();
      const token = await stage.token(participantId);
      const joined = await join(token, { publishes: true, subscribes: false, isHttpOnly, hasSimulcast });
      if (joined !== "joined") throw new Error(joined);
      await told(`publish ${participantId} published`);
      const layers = hasSimulcast ? 2 : 1;
      await expect.poll(() => page.evaluate(() => sentLayers()), { timeout: hangMs }).toBeGreaterThanOrEqual(layers);
      return {
        async send(payload) {
          await page.evaluate((bytes) => insertSei(bytes, 1), [...payload]);
          return undefined;
        },
        close: () => page.close(),
      };
    },
  };
}
