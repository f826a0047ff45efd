import { PeerConnection } from "node-datachannel";
import type { RTCPeerConnection } from "werift";
import { answer, offer } from "../werift/peer.ts";

/** A peer connection of node-datachannel on loopback. */
export function loopbackNativePeer(name = "rig"): PeerConnection {
  return new PeerConnection(name, { iceServers: [], bindAddress: "127.0.0.1" });
}

/** Makes an offer; resolves with its SDP when all candidates are known. */
export function nativeOffer(pc: PeerConnection): Promise<string> {
  return gathered(pc, () => pc.setLocalDescription("offer"));
}

/** Resolves with the SDP of the answer, which node-datachannel makes by itself as soon as it has the offer. */
export function nativeAnswer(pc: PeerConnection, sdp: string): Promise<string> {
  return gathered(pc, () => pc.setRemoteDescription(sdp, "offer"));
}

/** Exchanges offer and answer; node-datachannel offers. */
export async function offerNatively(native: PeerConnection, werift: RTCPeerConnection): Promise<void> {
  const sdp = await nativeOffer(native);
  native.setRemoteDescription((await answer(werift, { type: "offer", sdp })).sdp, "answer");
}

/** Exchanges offer and answer; node-datachannel answers. */
export async function answerNatively(native: PeerConnection, werift: RTCPeerConnection): Promise<void> {
  const sdp = await nativeAnswer(native, (await offer(werift)).sdp);
  await werift.setRemoteDescription({ type: "answer", sdp });
}

/** Passes descriptions and candidates between two native peers from now on. */
export function joinNatively(one: PeerConnection, two: PeerConnection): void {
  pass(one, two);
  pass(two, one);
}

/** What a callback throws ends the process, and a candidate may come when the other peer is closed already. */
function pass(from: PeerConnection, to: PeerConnection): void {
  const unlessClosed = (act: () => void): void => {
    if (to.state() !== "closed") act();
  };
  from.onLocalDescription((sdp, type) => unlessClosed(() => to.setRemoteDescription(sdp, type)));
  from.onLocalCandidate((candidate, mid) => unlessClosed(() => to.addRemoteCandidate(candidate, mid)));
}

function gathered(pc: PeerConnection, begin: () => void): Promise<string> {
  return new Promise((resolve) => {
    pc.onGatheringStateChange((state) => {
      if (state === "complete") resolve(pc.localDescription()?.sdp ?? "");
    });
    begin();
  });
}
