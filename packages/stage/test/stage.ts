import { peerConfig, WeriftVideo } from "@inband/publisher/werift";
import { createStage, type Stage, type StageOptions, serveStage } from "@inband/stage/server";
import { onTestFinished } from "vitest";
import { RTCPeerConnection } from "werift";

/** A stage that listens on loopback and ends with the test. */
export async function servedStage(options: StageOptions = {}): Promise<{ stage: Stage; url: string }> {
  const stage = createStage(options);
  const served = await serveStage(stage);
  onTestFinished(async () => {
    await stage.close();
    await served.close();
  });
  return { stage, url: served.url };
}

/** A peer connection on loopback that ends with the test. */
export function peer(config: ConstructorParameters<typeof RTCPeerConnection>[0] = {}): RTCPeerConnection {
  const pc = new RTCPeerConnection({ ...peerConfig({ loopback: true, audio: true }), ...config });
  onTestFinished(() => pc.close());
  return pc;
}

export function newVideo(): WeriftVideo {
  const video = new WeriftVideo();
  onTestFinished(() => video.close());
  return video;
}

/** Waits until something holds; the test's own time limit ends it. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** The offer of a peer that sends or receives H.264 video. */
export async function offerOf(direction: "sendonly" | "recvonly"): Promise<string> {
  const pc = peer();
  pc.addTransceiver("video", { direction });
  await pc.setLocalDescription(await pc.createOffer());
  return pc.localDescription?.sdp as string;
}
