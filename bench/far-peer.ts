/**
 * The other side of a connection, in a process of its own: ends when the bench disconnects.
 *
 * @module
 */
import { once } from "node:events";
import { SeiPublisher } from "@inband/publisher";
import { impair } from "@inband/rig/werift/impairment";
import { answer, type Description, loopbackPeer, offer } from "@inband/rig/werift/peer";
import { WeriftVideo } from "@inband/werift";
import type { RTCPeerConnection } from "werift";
import { accessUnit, type FarFlow, framerate, value } from "./peers.ts";

const [, , role, loss] = process.argv;
const peers: RTCPeerConnection[] = [];
process.once("disconnect", () => process.exit());
await (role === "sender" ? send(Number(loss)) : receive());

/** Sends 14 Mbit/s with a message in each picture while the flow is on. */
async function send(rate: number): Promise<void> {
  const pc = loopbackPeer();
  peers.push(pc);
  const video = new WeriftVideo();
  const publisher = new SeiPublisher();
  publisher.attach(video);
  const connected = video.connect(pc);
  process.send?.(await offer(pc));
  const [description] = (await once(process, "message")) as [Description];
  await pc.setRemoteDescription(description);
  await connected;
  if (rate > 0) impair(pc, { loss: { rate, burst: 1 } }, 1);
  let isFlowing = true;
  process.on("message", (message: Description | FarFlow) => {
    if (message.type === "flow") isFlowing = message.isOn;
  });
  let index = 0;
  setInterval(() => {
    if (!isFlowing) return;
    publisher.publish(value(index)).sent.catch(() => undefined);
    video.write(accessUnit(index, 60_000));
    index += 1;
  }, 1000 / framerate);
}

/** Answers each offer and receives. */
async function receive(): Promise<void> {
  process.on("message", async (description: Description) => {
    const pc = loopbackPeer();
    peers.push(pc);
    pc.onTrack.subscribe((track) => void track.onReceiveRtp.subscribe(() => undefined));
    process.send?.(await answer(pc, description));
  });
}
