import { dataChannelFeed } from "@inband/data-channel";
import { SeiSubscriber } from "@inband/subscriber";
import { inband, ivs } from "@inband/wire";
import wrtc from "@roamhq/wrtc";
import type { Receiver } from "../ends.ts";
import { postOffer } from "../post-offer.ts";
import { versionOf } from "../version.ts";

/** Ours on @roamhq/wrtc, which has no H.264: the stage relays the messages over a data channel. */
export const wrtcReceiver: Receiver = {
  name: "inband on @roamhq/wrtc, data channel",
  version: versionOf("@roamhq/wrtc"),
  tellsCopies: false,
  async start(stage, from, participantId, tally) {
    const pc = new wrtc.RTCPeerConnection();
    pc.addTransceiver("video", { direction: "recvonly" });
    const channel = pc.createDataChannel("messages");
    const opened = new Promise((resolve) => channel.addEventListener("open", resolve));
    const subscriber = new SeiSubscriber<Uint8Array>({ profiles: [inband(), ivs()] });
    subscriber.on("message", ({ value }) => tally.count(value));
    subscriber.attach(dataChannelFeed(channel));
    await pc.setLocalDescription(await pc.createOffer());
    const sdp = pc.localDescription?.sdp ?? "";
    const { answer, leave } = await postOffer(stage, `/subscribe/${from}`, participantId, sdp);
    await pc.setRemoteDescription({ type: "answer", sdp: answer });
    await opened;
    return {
      async close() {
        subscriber.close();
        await leave();
        pc.close();
      },
    };
  },
};
