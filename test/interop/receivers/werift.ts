import { until } from "@inband/rig/until";
import { connectWhep } from "@inband/stage/client";
import { SeiSubscriber } from "@inband/subscriber";
import { peerConfig, weriftFeed } from "@inband/werift";
import { inband, ivs } from "@inband/wire";
import { RTCPeerConnection } from "werift";
import type { Receiver } from "../ends.ts";
import { versionOf } from "../version.ts";

/** Ours on werift. */
export const weriftReceiver: Receiver = {
  name: "inband on werift",
  version: versionOf("werift"),
  tellsCopies: false,
  async start(stage, from, participantId, tally, sent) {
    const pc = new RTCPeerConnection(peerConfig({ loopback: true }));
    const subscriber = new SeiSubscriber<Uint8Array>({ profiles: [inband(), ivs()] });
    subscriber.on("message", ({ value, rtpTimestamp }) => tally.count(value, sent, rtpTimestamp !== undefined));
    subscriber.attach(weriftFeed(pc.addTransceiver("video", { direction: "recvonly" })));
    const token = await stage.token(participantId);
    const session = await connectWhep(pc, { url: `${stage.url}/subscribe/${from}`, token });
    await until(() => subscriber.stats().accessUnits > 0);
    return {
      decoded: async () => undefined,
      async close() {
        subscriber.close();
        await session.close();
      },
    };
  },
};
