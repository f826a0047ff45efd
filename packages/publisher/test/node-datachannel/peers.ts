import { PeerConnection } from "node-datachannel";
import { onTestFinished } from "vitest";
import type { RTCPeerConnection } from "werift";

/** A peer connection of node-datachannel on loopback that ends with the test. */
export function nativePeer(): PeerConnection {
  const pc = new PeerConnection("test", { iceServers: [], bindAddress: "127.0.0.1" });
  onTestFinished(() => pc.close());
  return pc;
}

/** Exchanges offer and answer; node-datachannel offers. */
export async function offerNatively(native: PeerConnection, werift: RTCPeerConnection): Promise<void> {
  const gathered = untilGathered(native);
  native.setLocalDescription("offer");
  await gathered;
  await werift.setRemoteDescription({ type: "offer", sdp: native.localDescription()?.sdp ?? "" });
  await werift.setLocalDescription(await werift.createAnswer());
  native.setRemoteDescription(werift.localDescription?.sdp ?? "", "answer");
}

/** Exchanges offer and answer; node-datachannel answers by itself as soon as it has the offer. */
export async function answerNatively(native: PeerConnection, werift: RTCPeerConnection): Promise<void> {
  await werift.setLocalDescription(await werift.createOffer());
  const gathered = untilGathered(native);
  native.setRemoteDescription(werift.localDescription?.sdp ?? "", "offer");
  await gathered;
  await werift.setRemoteDescription({ type: "answer", sdp: native.localDescription()?.sdp ?? "" });
}

function untilGathered(pc: PeerConnection): Promise<void> {
  return new Promise((resolve) => {
    pc.onGatheringStateChange((state) => {
      if (state === "complete") resolve();
    });
  });
}
