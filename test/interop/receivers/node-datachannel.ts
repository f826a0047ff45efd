import { nodeDataChannelFeed } from "@inband/node-datachannel";
import { loopbackNativePeer, nativeOffer } from "@inband/rig/node-datachannel/peer";
import { until } from "@inband/rig/until";
import { SeiSubscriber } from "@inband/subscriber";
import { inband, ivs } from "@inband/wire";
import { RtcpReceivingSession, Video } from "node-datachannel";
import type { Receiver } from "../ends.ts";
import { postOffer } from "../post-offer.ts";
import { versionOf } from "../version.ts";

/** Ours on node-datachannel. */
export const nodeDataChannelReceiver: Receiver = {
  name: "inband on node-datachannel",
  version: versionOf("node-datachannel"),
  tellsCopies: false,
  async start(stage, from, participantId, tally) {
    const pc = loopbackNativePeer("receiver");
    const description = new Video("video", "RecvOnly");
    description.addH264Codec(96);
    const track = pc.addTrack(description);
    track.setMediaHandler(new RtcpReceivingSession());
    const subscriber = new SeiSubscriber<Uint8Array>({ profiles: [inband(), ivs()] });
    subscriber.on("message", ({ value, rtpTimestamp }) => tally.count(value, { rtpTimestamp }));
    subscriber.attach(nodeDataChannelFeed(track));
    const { answer, leave } = await postOffer(stage, `/subscribe/${from}`, participantId, await nativeOffer(pc));
    pc.setRemoteDescription(answer, "answer");
    await until(() => subscriber.stats().accessUnits > 0);
    return {
      async close() {
        subscriber.close();
        await leave();
        pc.close();
      },
    };
  },
};
