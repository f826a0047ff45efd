import { servedStage } from "@inband/rig/stage/served-stage";
import { until } from "@inband/rig/until";
import { offer } from "@inband/rig/werift/peer";
import { newVideo, peer as testPeer } from "@inband/rig/werift/test-peer";
import { connectWhip, type StageSession } from "@inband/stage/client";
import type { Stage, StageOptions } from "@inband/stage/server";
import type { WeriftVideo } from "@inband/werift";
import type { RTCPeerConnection, RTCPeerConnectionConfig } from "werift";

/** A peer connection on loopback that also knows audio, and ends with the test. */
export function peer(config: Partial<RTCPeerConnectionConfig> = {}): RTCPeerConnection {
  return testPeer(config, { audio: true });
}

/** The offer of a peer that sends or receives H.264 video. */
export async function offerOf(direction: "sendonly" | "recvonly"): Promise<string> {
  const pc = peer();
  pc.addTransceiver("video", { direction });
  return (await offer(pc)).sdp;
}

/** What alice publishes with. */
export interface Publishing {
  readonly video: WeriftVideo;
  readonly pc: RTCPeerConnection;
  readonly session: StageSession;
  /** Resolves when the video may be written. */
  readonly connected: Promise<void>;
}

/** Makes alice publish by WHIP. */
export async function publish(url: string, token: string): Promise<Publishing> {
  const video = newVideo();
  const pc = peer();
  const connected = video.connect(pc);
  const session = await connectWhip(pc, { url: `${url}/publish/alice`, token });
  return { video, pc, session, connected };
}

/** A stage on which alice publishes and is connected. */
export async function publishedStage(
  options: StageOptions = {},
): Promise<Publishing & { readonly stage: Stage; readonly url: string; readonly token: string }> {
  const { stage, url } = await servedStage(options);
  const token = await stage.createToken({ url, participantId: "alice" });
  const publishing = await publish(url, token);
  await publishing.connected;
  await until(() => stage.participants()[0]?.isConnected === true);
  return { stage, url, token, ...publishing };
}
