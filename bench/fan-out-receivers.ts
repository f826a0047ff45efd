/**
 * The receivers of a fan-out, in a process of their own, on node-datachannel for its low cost: ends when the bench
 * disconnects.
 *
 * @module
 */

import { nodeDataChannelFeed } from "@inband/node-datachannel";
import { loopbackNativePeer, nativeAnswer } from "@inband/rig/node-datachannel/peer";
import { SeiSubscriber } from "@inband/subscriber";
import { type PeerConnection, RtcpReceivingSession, type Track } from "node-datachannel";
import type { ProbeCount, ReceiversAnswer, ReceiversRequest } from "./fan-out-peers.ts";

const peers: PeerConnection[] = [];
const probes: Probe[] = [];

/** A receiver that counts what comes; the others leave it to libdatachannel, which drops it. */
class Probe {
  #packets = 0;
  readonly #messages = new Set<number>();

  read(track: Track): void {
    const subscriber = new SeiSubscriber<{ index: number }>();
    subscriber.on("message", ({ value }) => this.#messages.add(value.index));
    const onPacket = (packet: Uint8Array): void => {
      // The others are RTCP (RFC 5761 4).
      if (((packet[1] ?? 0) & 0x7f) === 96) this.#packets += 1;
    };
    subscriber.attach(nodeDataChannelFeed(track, { payloadType: 96, onPacket }));
  }

  countFrom(first: number): ProbeCount {
    return { packets: this.#packets, messages: [...this.#messages].filter((index) => index >= first).length };
  }
}

function answer(request: ReceiversRequest): void {
  if (request.type === "offer") void connect(request);
  else say({ type: "counts", counts: probes.map((probe) => probe.countFrom(request.from)) });
}

async function connect({ id, sdp, isProbe }: Extract<ReceiversRequest, { type: "offer" }>): Promise<void> {
  const pc = loopbackNativePeer(`receiver ${id}`);
  peers.push(pc);
  const probe = isProbe ? new Probe() : undefined;
  if (probe) probes.push(probe);
  pc.onTrack((track) => {
    track.setMediaHandler(new RtcpReceivingSession());
    probe?.read(track);
  });
  say({ type: "answer", id, sdp: await nativeAnswer(pc, sdp) });
}

function say(message: ReceiversAnswer): void {
  process.send?.(message);
}

process.on("message", answer);
process.once("disconnect", () => {
  for (const pc of peers) pc.close();
  process.exit();
});
