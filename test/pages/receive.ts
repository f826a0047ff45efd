import { browserFeed } from "@inband/browser";
import { answer } from "@inband/rig/page/description";
import { type ReceivedMessage, SeiSubscriber } from "@inband/subscriber";

declare global {
  var receiveFrom: (offer: string) => Promise<string>;
  var offerToReceive: () => Promise<string>;
  var takeAnswer: (answer: string) => Promise<void>;
  var receivedValues: () => unknown[];
}

/** What the DOM library does not know yet: WebRTC Extensions 5.2. */
interface DescribingTransceiver extends RTCRtpTransceiver {
  getHeaderExtensionsToNegotiate(): { readonly uri: string; direction: RTCRtpTransceiverDirection }[];
  setHeaderExtensionsToNegotiate(extensions: readonly object[]): void;
}

const received: ReceivedMessage[] = [];

/** Receives the video of an offer in a connection of its own; what came before is forgotten. */
globalThis.receiveFrom = (offer) => {
  const peerConnection = new RTCPeerConnection();
  received.length = 0;
  peerConnection.addEventListener("track", ({ receiver }) => receive(receiver));
  return answer(peerConnection, offer);
};

let offering: RTCPeerConnection;

/**
 * Offers to receive video in a connection of its own: without NACK, which Chromium sends where its own offer has it, and
 * with Dependency Descriptors, which it does not ask for by itself.
 */
globalThis.offerToReceive = async () => {
  offering = new RTCPeerConnection();
  received.length = 0;
  const transceiver = offering.addTransceiver("video", { direction: "recvonly" }) as DescribingTransceiver;
  const extensions = transceiver.getHeaderExtensionsToNegotiate();
  for (const extension of extensions) {
    if (extension.uri.endsWith("dependency-descriptor-rtp-header-extension")) extension.direction = "sendrecv";
  }
  transceiver.setHeaderExtensionsToNegotiate(extensions);
  receive(transceiver.receiver);
  const { sdp = "" } = await offering.createOffer();
  await offering.setLocalDescription({ type: "offer", sdp: sdp.replace(/a=rtcp-fb:\d+ nack\r\n/g, "") });
  return offering.localDescription?.sdp ?? "";
};

globalThis.takeAnswer = (sdp) => offering.setRemoteDescription({ type: "answer", sdp });

globalThis.receivedValues = () => received.map(({ value }) => value);

function receive(receiver: RTCRtpReceiver): void {
  const subscriber = new SeiSubscriber();
  subscriber.on("message", (message) => received.push(message));
  subscriber.attach(browserFeed(receiver));
  const video = document.createElement("video");
  video.muted = true;
  video.autoplay = true;
  video.srcObject = new MediaStream([receiver.track]);
  document.body.replaceChildren(video);
}
