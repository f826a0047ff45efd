import { SeiPublisher } from "@inband/publisher";
import { connectWhip } from "@inband/stage/client";
import { peerConfig, WeriftVideo } from "@inband/werift";
import { ivs } from "@inband/wire";
import { RTCPeerConnection } from "werift";
import { playClip } from "../clip-player.ts";
import type { Sender } from "../ends.ts";
import { versionOf } from "../version.ts";

/** Ours on werift. */
export const weriftSender: Sender = {
  name: "inband on werift",
  version: versionOf("werift"),
  async start(stage, participantId) {
    const pc = new RTCPeerConnection(peerConfig({ loopback: true }));
    const video = new WeriftVideo();
    const publisher = new SeiPublisher<Uint8Array>({ profile: ivs() });
    publisher.attach(video);
    const connected = video.connect(pc);
    const session = await connectWhip(pc, {
      url: `${stage.url}/publish/${participantId}`,
      token: await stage.token(participantId),
    });
    await connected;
    const stop = await playClip(video);
    return {
      send: (payload) => void publisher.publish(payload),
      async close() {
        stop();
        publisher.close();
        video.close();
        await session.close();
      },
    };
  },
};
