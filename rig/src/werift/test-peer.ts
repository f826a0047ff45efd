import { type PeerConfigOptions, WeriftVideo, type WeriftVideoOptions } from "@inband/werift";
import { onTestFinished } from "vitest";
import type { RTCPeerConnection, RTCPeerConnectionConfig, RTCRtpTransceiver } from "werift";
import { loopbackPeer } from "./peer.ts";

/** A peer connection on loopback that ends with the test. */
export function peer(
  config: Partial<RTCPeerConnectionConfig> = {},
  options: PeerConfigOptions = {},
): RTCPeerConnection {
  const pc = loopbackPeer(config, options);
  onTestFinished(() => pc.close());
  return pc;
}

/** A peer that receives video, with the transceiver that it receives on; it ends with the test. */
export function receiver(): { pc: RTCPeerConnection; transceiver: RTCRtpTransceiver } {
  const pc = peer();
  return { pc, transceiver: pc.addTransceiver("video", { direction: "recvonly" }) };
}

/** A video that ends with the test. */
export function newVideo(options: WeriftVideoOptions = {}): WeriftVideo {
  const video = new WeriftVideo(options);
  onTestFinished(() => video.close());
  return video;
}
