import { loopbackPeer } from "@inband/rig/werift/peer";
import { connectWhip } from "@inband/stage/client";
import { type PeerConfigOptions, WeriftVideo } from "@inband/werift";
import type { RTCPeerConnection } from "werift";
import { publishClip } from "../clip-publisher.ts";
import type { RunningSender, Sender } from "../ends.ts";
import { versionOf } from "../version.ts";

/** Ours on werift. */
export const weriftSender: Sender = {
  name: "inband on werift",
  version: versionOf("werift"),
  async start(stage, participantId) {
    const token = await stage.token(participantId);
    return sendFromWerift((pc) => connectWhip(pc, { url: `${stage.url}/publish/${participantId}`, token }));
  },
};

/** Sends from werift to whatever `join` leads to. */
export async function sendFromWerift(
  join: (pc: RTCPeerConnection) => Promise<{ close(): Promise<void> }>,
  options: PeerConfigOptions = {},
): Promise<RunningSender> {
  const pc = loopbackPeer({}, options);
  const video = new WeriftVideo();
  const connected = video.connect(pc);
  const session = await join(pc);
  await connected;
  const playing = await publishClip(video);
  return {
    ...playing,
    async close() {
      await playing.close();
      await session.close();
      await pc.close();
    },
  };
}
