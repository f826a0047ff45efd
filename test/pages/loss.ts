import { browserFeed } from "@inband/browser";
import { answer } from "@inband/rig/page/description";
import { type Gap, type ReceivedMessage, SeiSubscriber } from "@inband/subscriber";
import type { HeartbeatTopic } from "@inband/wire";
import { tapHeartbeats } from "../loss/heartbeat-tap.ts";

/** A message, a gap or a heartbeat as the page hands it on. */
export interface Arrival {
  readonly gap?: Gap;
  readonly heartbeat?: readonly HeartbeatTopic[];
  readonly message?: Pick<ReceivedMessage, "value" | "topic" | "sequence" | "isBacklog">;
  readonly atMs: number;
}

declare global {
  var watchOffer: (name: string, offer: string) => Promise<string>;
  var arrivalsOf: (name: string) => Arrival[];
  var endOf: (name: string) => void;
}

interface Viewer {
  readonly peerConnection: RTCPeerConnection;
  readonly subscriber: SeiSubscriber;
  readonly video: HTMLVideoElement;
  readonly arrivals: Arrival[];
}

const viewers = new Map<string, Viewer>();

/** Watches what is offered, and answers when all candidates are known. */
globalThis.watchOffer = async (name, offer) => {
  const peerConnection = new RTCPeerConnection();
  const subscriber = new SeiSubscriber();
  const video = document.createElement("video");
  const arrivals: Arrival[] = [];
  viewers.set(name, { peerConnection, subscriber, video, arrivals });
  const nowMs = (): number => performance.timeOrigin + performance.now();
  subscriber.on("gap", (gap) => arrivals.push({ gap: { ...gap }, atMs: nowMs() }));
  subscriber.on("message", ({ value, topic, sequence, isBacklog }: ReceivedMessage) => {
    arrivals.push({ message: { value, topic, sequence, isBacklog }, atMs: nowMs() });
  });
  video.muted = true;
  video.autoplay = true;
  document.body.append(video);
  peerConnection.addEventListener("track", ({ receiver, track }) => {
    const feed = browserFeed(receiver);
    subscriber.attach(tapHeartbeats(feed, (heartbeat) => arrivals.push({ heartbeat, atMs: nowMs() })));
    video.srcObject = new MediaStream([track]);
  });
  return answer(peerConnection, offer);
};

globalThis.arrivalsOf = (name) => viewers.get(name)?.arrivals.splice(0) ?? [];

globalThis.endOf = (name) => {
  const viewer = viewers.get(name);
  viewers.delete(name);
  viewer?.subscriber.close();
  viewer?.peerConnection.close();
  viewer?.video.remove();
};
