import { until } from "@inband/rig/until";
import { loopbackPeer } from "@inband/rig/werift/peer";
import { connectWhep } from "@inband/stage/client";
import { SeiSubscriber } from "@inband/subscriber";
import { weriftFeed } from "@inband/werift";
import { inband, ivs } from "@inband/wire";
import { type RTCPeerConnection, type RTCRtpTransceiver, useDependencyDescriptor } from "werift";
import type { Receiver, RunningReceiver } from "../ends.ts";
import type { Tally } from "../tally.ts";
import { versionOf } from "../version.ts";

/** Ours on werift. */
export const weriftReceiver: Receiver = {
  name: "inband on werift",
  version: versionOf("werift"),
  tellsCopies: false,
  async start(stage, from, participantId, tally) {
    const token = await stage.token(participantId);
    return receiveOnWerift(tally, async (pc, read) => {
      read(pc.addTransceiver("video", { direction: "recvonly" }));
      return connectWhep(pc, { url: `${stage.url}/subscribe/${from}`, token });
    });
  },
};

const descriptorUri = useDependencyDescriptor().uri;

/** What a receiver on werift tells beside messages. */
export interface WeriftReceiver extends RunningReceiver {
  /** How many packets have come, and how many of them with a Dependency Descriptor. */
  packets(): { readonly packets: number; readonly descriptors: number };
}

/** Receives on werift what `join` leads to; it calls `read` with the transceiver that is going to bring it. */
export async function receiveOnWerift(
  tally: Tally,
  join: (pc: RTCPeerConnection, read: (transceiver: RTCRtpTransceiver) => void) => Promise<{ close(): Promise<void> }>,
): Promise<WeriftReceiver> {
  const pc = loopbackPeer();
  const subscriber = new SeiSubscriber<Uint8Array>({ profiles: [inband(), ivs()] });
  subscriber.on("message", ({ value, rtpTimestamp }) => tally.count(value, { rtpTimestamp }));
  const counts = { packets: 0, descriptors: 0 };
  const session = await join(pc, (transceiver) => {
    subscriber.attach(weriftFeed(transceiver));
    transceiver.onTrack.subscribe((track) =>
      track.onReceiveRtp.subscribe((_packet, extensions) => {
        counts.packets += 1;
        if (extensions?.[descriptorUri]) counts.descriptors += 1;
      }),
    );
  });
  await until(() => subscriber.stats().accessUnits > 0);
  return {
    packets: () => counts,
    async close() {
      subscriber.close();
      await session.close();
      await pc.close();
    },
  };
}
