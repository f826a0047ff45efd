import { connectWhep, connectWhip } from "@inband/browser/whip";
import { dataChannelFeed } from "@inband/data-channel";
import { SeiSubscriber } from "@inband/subscriber";
import { inband, ivs } from "@inband/wire";

declare global {
  /** Subscribes with a data channel beside the video; resolves when the channel is open. */
  var relayMessagesFrom: (url: string, token: string) => Promise<void>;
  /** Messages since the last call. */
  var takeRelayed: () => number[][];
  /** Offers video to publish; resolves with what it is told. */
  var tellPublishing: (url: string, token: string) => Promise<string>;
  /** Subscribes without a data channel; resolves with what it is told. */
  var tellSubscribing: (url: string, token: string) => Promise<string>;
  var answerOf: (sdp: string) => Promise<string>;
}

const relayed: number[][] = [];

function told(joined: Promise<unknown>): Promise<string> {
  return joined.then(
    () => "joined",
    (error: Error) => `${error.name}: ${error.message}`,
  );
}

globalThis.relayMessagesFrom = async (url, token) => {
  const peerConnection = new RTCPeerConnection();
  peerConnection.addTransceiver("video", { direction: "recvonly" });
  const channel = peerConnection.createDataChannel("messages");
  const opened = new Promise((resolve) => channel.addEventListener("open", resolve));
  const subscriber = new SeiSubscriber<Uint8Array>({ profiles: [inband(), ivs()] });
  subscriber.on("message", ({ value }) => relayed.push([...value]));
  subscriber.attach(dataChannelFeed(channel));
  await connectWhep(peerConnection, { url, token });
  await opened;
};

globalThis.takeRelayed = () => relayed.splice(0);

globalThis.tellPublishing = (url, token) => {
  const peerConnection = new RTCPeerConnection();
  peerConnection.addTransceiver("video", { direction: "sendonly" });
  return told(connectWhip(peerConnection, { url, token }));
};

globalThis.tellSubscribing = (url, token) => {
  const peerConnection = new RTCPeerConnection();
  peerConnection.addTransceiver("video", { direction: "recvonly" });
  return told(connectWhep(peerConnection, { url, token }));
};

globalThis.answerOf = async (sdp) => {
  const peerConnection = new RTCPeerConnection();
  await peerConnection.setRemoteDescription({ type: "offer", sdp });
  await peerConnection.setLocalDescription();
  // Firefox, which declines all that is offered, gathers no candidates: there is no end to wait for.
  return peerConnection.localDescription?.sdp ?? "";
};
