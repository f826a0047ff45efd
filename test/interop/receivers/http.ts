import type { Receiver } from "../ends.ts";

/** Server-sent events of the stage: no WebRTC at all. */
export const httpReceiver: Receiver = {
  name: "server-sent events",
  version: `Node ${process.versions.node}`,
  tellsCopies: false,
  async start(stage, from, participantId, tally, sent) {
    const abort = new AbortController();
    const response = await fetch(`${stage.url}/${from}/messages`, {
      headers: { authorization: `Bearer ${await stage.token(participantId)}` },
      signal: abort.signal,
    });
    if (!response.ok) throw new Error(`messages of ${from}: ${response.status}`);
    const read = async () => {
      let text = "";
      for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
        text += chunk;
        const blocks = text.split("\n\n");
        text = blocks.pop() ?? "";
        for (const block of blocks) {
          if (!block.includes("event: message")) continue;
          const { value, rtpTimestamp } = JSON.parse(/^data: (.*)$/m.exec(block)?.[1] ?? "{}");
          tally.count(Buffer.from(String(value), "base64"), sent, rtpTimestamp !== undefined);
        }
      }
    };
    read().catch(() => {});
    return {
      decoded: async () => undefined,
      close: async () => abort.abort(),
    };
  },
};
