import type { Sender } from "../ends.ts";
import { openIvsParticipant } from "../ivs/participant.ts";
import { versionOf } from "../version.ts";

/** The real Amazon IVS Web Broadcast SDK in Chromium, each message on two frames. It ends with the test. */
export function ivsSdkSender(isHttpOnly: boolean): Sender {
  return {
    name: `Amazon IVS SDK, ${isHttpOnly ? "HTTP" : "events socket"}`,
    version: versionOf("amazon-ivs-web-broadcast"),
    async start(stage, participantId) {
      const participant = await openIvsParticipant();
      const token = await stage.token(participantId);
      const joined = await participant.join(token, { publishes: true, subscribes: false, isHttpOnly });
      if (joined !== "joined") throw new Error(joined);
      await participant.told(`publish ${participantId} published`);
      return {
        send: (payload) => participant.page.evaluate((bytes) => insertSei(bytes, 1), [...payload]),
        close: () => participant.page.close(),
      };
    },
  };
}
