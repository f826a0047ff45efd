/**
 * The other side of a connection, in a process of its own: ends when the bench lets go of it.
 *
 * @module
 */
import { once } from "node:events";
import { SeiPublisher } from "@inband/publisher";
import { WeriftVideo } from "@inband/publisher/werift";
import type { RTCPeerConnection } from "werift";
import { dropOutgoingRtp } from "../test/peers/loss.ts";
import { accessUnit, descriptionOf, type FarFlow, type FarMessage, framerate, newPeer, value } from "./peers.ts";

const [, , role, loss] = process.argv;
const peers: RTCPeerConnection[] = [];
process.once("disconnect", () => process.exit());
await (role === "sender" ? send(Number(loss)) : receive());

/** Sends 14 Mbit/s with a message in each picture, as long as it shall. */
async function send(rate: number): Promise<void> {
  const pc = newPeer();
  peers.push(pc);
  const video = new WeriftVideo();
  const publisher = new SeiPublisher();
  publisher.attach(video);
  const connected = video.connect(pc);
  await pc.setLocalDescription(await pc.createOffer());
  process.send?.(descriptionOf(pc));
  const [answer] = (await once(process, "message")) as [FarMessage];
  await pc.setRemoteDescription(answer);
  await connected;
  if (rate > 0) dropOutgoingRtp(pc, { seed: 1, rate });
  let isFlowing = true;
  process.on("message", (message: FarMessage | FarFlow) => {
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

/** Answers each offer and receives what comes. */
async function receive(): Promise<void> {
  process.on("message", async (offer: FarMessage) => {
    const pc = newPeer();
    peers.push(pc);
    pc.onTrack.subscribe((track) => void track.onReceiveRtp.subscribe(() => undefined));
    await pc.setRemoteDescription(offer);
    await pc.setLocalDescription(await pc.createAnswer());
    process.send?.(descriptionOf(pc));
  });
}
