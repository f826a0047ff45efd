import { type ReceivedMessage, SeiSubscriber } from "@inband/subscriber";
import { browserFeed } from "@inband/subscriber/browser";

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
  await peerConnection.setRemoteDescription({ type: "offer", sdp: offer });
  await peerConnection.setLocalDescription();
  await new Promise<void>((resolve) => {
    const check = () => peerConnection.iceGatheringState === "complete" && resolve();
    peerConnection.addEventListener("icegatheringstatechange", check);
    check();
  });
  return peerConnection.localDescription?.sdp ?? "";
};

globalThis.receivedValues = () => received.map(({ value }) => value);
