import { nodeDataChannelCarrier } from "@inband/node-datachannel";
import { loopbackNativePeer, nativeOffer } from "@inband/rig/node-datachannel/peer";
import { until } from "@inband/rig/until";
import { Video } from "node-datachannel";
import { publishClip } from "../clip-publisher.ts";
import type { Sender } from "../ends.ts";
import { postOffer } from "../post-offer.ts";
import { versionOf } from "../version.ts";

const ssrc = 4242;
const payloadType = 96;

/** Ours on node-datachannel. */
export const nodeDataChannelSender: Sender = {
  name: "inband on node-datachannel",
  version: versionOf("node-datachannel"),
  async start(stage, participantId) {
    const pc = loopbackNativePeer("sender");
    const description = new Video("video", "SendOnly");
    description.addH264Codec(payloadType);
    description.addSSRC(ssrc, "inband", "stream", "track");
    const track = pc.addTrack(description);
    const video = nodeDataChannelCarrier(track, { ssrc, payloadType });
    const { answer, leave } = await postOffer(stage, `/publish/${participantId}`, participantId, await nativeOffer(pc));
    pc.setRemoteDescription(answer, "answer");
    await until(() => track.isOpen());
    const playing = await publishClip(video);
    return {
      ...playing,
      async close() {
        await playing.close();
        await leave();
        pc.close();
      },
    };
  },
};
