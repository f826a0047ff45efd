import { peerConfig } from "@inband/publisher/werift";
import { onTestFinished } from "vitest";
import { RTCPeerConnection, type RTCRtpTransceiver } from "werift";

/** A peer connection on loopback that ends with the test. */
export function peer(config: ConstructorParameters<typeof RTCPeerConnection>[0] = {}): RTCPeerConnection {
  const pc = new RTCPeerConnection({ ...peerConfig({ loopback: true }), ...config });
  onTestFinished(() => pc.close());
  return pc;
}

/** Exchanges offer and answer; the first one offers. */
export async function negotiate(offerer: RTCPeerConnection, answerer: RTCPeerConnection): Promise<void> {
  await offerer.setLocalDescription(await offerer.createOffer());
  await answerer.setRemoteDescription(offerer.localDescription as { type: "offer"; sdp: string });
  await answerer.setLocalDescription(await answerer.createAnswer());
  await offerer.setRemoteDescription(answerer.localDescription as { type: "answer"; sdp: string });
}

/** A peer that receives video, and the transceiver it receives with. */
export function receiver(): { pc: RTCPeerConnection; transceiver: RTCRtpTransceiver } {
  const pc = peer();
  return { pc, transceiver: pc.addTransceiver("video", { direction: "recvonly" }) };
}

/** Waits until something holds; the test's own time limit ends it. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
}
