import { browserFeed } from "@inband/browser";
import { answer } from "@inband/rig/page/description";
import { type ReceivedMessage, SeiSubscriber } from "@inband/subscriber";

declare global {
  var receiveFrom: (offer: string) => Promise<string>;
  var receivedValues: () => unknown[];
}

const received: ReceivedMessage[] = [];

/** Receives the video of an offer in a connection of its own; what came before is forgotten. */
globalThis.receiveFrom = async (offer) => {
  received.length = 0;
  const subscriber = new SeiSubscriber();
  subscriber.on("message", (message) => received.push(message));
  const peerConnection = new RTCPeerConnection();
  peerConnection.addEventListener("track", ({ receiver, streams }) => {
    subscriber.attach(browserFeed(receiver));
    const video = document.createElement("video");
    video.muted = true;
    video.autoplay = true;
    video.srcObject = streams[0] ?? null;
    document.body.replaceChildren(video);
  });
  return answer(peerConnection, offer);
};

globalThis.receivedValues = () => received.map(({ value }) => value);
