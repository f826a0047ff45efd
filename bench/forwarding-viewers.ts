/**
 * Receivers of forwarded video, in a process of their own, on node-datachannel for its low cost: ends when the bench
 * disconnects.
 *
 * @module
 */
import { setTimeout as sleep } from "node:timers/promises";
import { loopbackNativePeer, nativeOffer } from "@inband/rig/node-datachannel/peer";
import { type PeerConnection, RtcpReceivingSession, Video } from "node-datachannel";
import type { ViewerAnswer, ViewerRequest } from "./forwarding-peers.ts";

const peers: PeerConnection[] = [];

process.on("message", async (request: ViewerRequest) => {
  try {
    await receive(request);
    say({});
  } catch (error) {
    say({ error: error instanceof Error ? error.message : String(error) });
  }
});
process.once("disconnect", () => {
  for (const pc of peers) pc.close();
  process.exit();
});

async function receive({ url, token }: ViewerRequest): Promise<void> {
  const pc = loopbackNativePeer(`viewer ${peers.length}`);
  peers.push(pc);
  const description = new Video("video", "RecvOnly");
  description.addH264Codec(96);
  const track = pc.addTrack(description);
  track.setMediaHandler(new RtcpReceivingSession());
  const response = await fetch(url, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/sdp" },
    body: await nativeOffer(pc),
  });
  const sdp = await response.text();
  if (!response.ok) throw new Error(`${response.status} ${sdp}`);
  pc.setRemoteDescription(sdp, "answer");
  while (!track.isOpen()) await sleep(5);
}

function say(message: ViewerAnswer): void {
  process.send?.(message);
}
