/**
 * The publisher of the stage's row, in a process of its own: one video for each arm, with a message in each picture. Ends when
 * the bench disconnects.
 *
 * @module
 */
import { SeiPublisher } from "@inband/publisher";
import { loopbackPeer, offer } from "@inband/rig/werift/peer";
import { WeriftVideo } from "@inband/werift";
import type { RTCPeerConnection } from "werift";
import { numberedAccessUnit } from "./numbered-picture.ts";
import { framerate, value } from "./peers.ts";
import type { Arm, SenderAnswer, SenderRequest } from "./stage-peers.ts";

const publisher = new SeiPublisher();
const videos: Readonly<Record<Arm, WeriftVideo>> = { stage: new WeriftVideo(), janus: new WeriftVideo() };
for (const video of Object.values(videos)) publisher.attach(video);
const peers = new Map<number, { readonly pc: RTCPeerConnection; readonly connected: Promise<unknown> }>();
let timer: NodeJS.Timeout | undefined;
let index = 0;
let pictures = 0;

process.on("message", (request: SenderRequest) => void take(request));
process.once("disconnect", () => process.exit());

async function take(request: SenderRequest): Promise<void> {
  if (request.type === "offer") {
    const pc = loopbackPeer();
    const connected = videos[request.arm].connect(pc);
    peers.set(request.id, { pc, connected });
    say({ type: "offer", id: request.id, sdp: (await offer(pc)).sdp });
  } else if (request.type === "answer") {
    const peer = peers.get(request.id);
    await peer?.pc.setRemoteDescription({ type: "answer", sdp: request.sdp });
    await peer?.connected;
    say({ type: "connected", id: request.id });
  } else flow(request.arm, request.speed);
}

function flow(arm: Arm | undefined, speed: number): void {
  clearInterval(timer);
  say({ type: "flow", pictures });
  pictures = 0;
  if (arm === undefined) return;
  // From a key frame on.
  index = Math.ceil(index / 60) * 60;
  const beganAtMs = performance.now();
  timer = setInterval(() => {
    for (; pictures < ((performance.now() - beganAtMs) * framerate * speed) / 1000; pictures += 1) {
      publisher.publish(value(index)).sent.catch(() => undefined);
      videos[arm].write(numberedAccessUnit(index));
      index += 1;
    }
  }, 5);
}

function say(answer: SenderAnswer): void {
  process.send?.(answer);
}
