import { eachServerSentEvent } from "@inband/rig/server-sent-events";
import type { Receiver } from "../ends.ts";

/** Server-sent events of the stage: no WebRTC at all. */
export const httpReceiver: Receiver = {
  name: "server-sent events",
  version: `Node ${process.versions.node}`,
  tellsCopies: false,
  async start(stage, from, participantId, tally) {
    const abort = new AbortController();
    const response = await fetch(`${stage.url}/${from}/messages`, {
      headers: { authorization: `Bearer ${await stage.token(participantId)}` },
      signal: abort.signal,
    });
    if (!response.ok) throw new Error(`messages of ${from}: ${response.status}`);
    eachServerSentEvent(response, ({ event, data }) => {
      if (event !== "message") return;
      const { value, rtpTimestamp } = JSON.parse(data);
      tally.count(Buffer.from(String(value), "base64"), { rtpTimestamp });
    }).catch(() => {});
    return {
      close: async () => abort.abort(),
    };
  },
};
