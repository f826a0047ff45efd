import { type PeerConfigOptions, peerConfig } from "@inband/werift";
import { RTCPeerConnection, type RTCPeerConnectionConfig } from "werift";

/** A description as a peer hands it to the other side. */
export interface Description {
  readonly type: "offer" | "answer";
  readonly sdp: string;
}

/** A peer connection on loopback: as the library configures it for `options`, and then as `config` says. */
export function loopbackPeer(
  config: Partial<RTCPeerConnectionConfig> = {},
  options: PeerConfigOptions = {},
): RTCPeerConnection {
  return new RTCPeerConnection({ ...peerConfig({ loopback: true, ...options }), ...config });
}

/**
 * The offer or answer that a peer has made.
 *
 * @throws Error when it has made none.
 */
export function descriptionOf(pc: RTCPeerConnection): Description {
  const { type, sdp } = pc.localDescription ?? {};
  if ((type !== "offer" && type !== "answer") || sdp === undefined) {
    throw new Error(`descriptionOf: expected an offer or an answer, got ${type ?? "no description"}`);
  }
  return { type, sdp };
}

/** Makes an offer; resolves with it when all candidates are known. */
export async function offer(pc: RTCPeerConnection): Promise<Description> {
  await pc.setLocalDescription(await pc.createOffer());
  return descriptionOf(pc);
}

/** Answers an offer; resolves with the answer when all candidates are known. */
export async function answer(pc: RTCPeerConnection, offer: Description): Promise<Description> {
  await pc.setRemoteDescription(offer);
  await pc.setLocalDescription(await pc.createAnswer());
  return descriptionOf(pc);
}

/** Exchanges offer and answer. */
export async function negotiate(offerer: RTCPeerConnection, answerer: RTCPeerConnection): Promise<void> {
  await offerer.setRemoteDescription(await answer(answerer, await offer(offerer)));
}
