import { dataChannelFeed } from "@inband/data-channel";
import { SeiSubscriber } from "@inband/subscriber";

declare global {
  /** Answers an offer with a new connection, whose channels are read. */
  var answer: (offer: string) => Promise<string>;
  var heardByChannel: () => readonly string[];
}

const heard: string[] = [];
const subscriber = new SeiSubscriber<string>();
subscriber.on("message", ({ value }) => heard.push(value));
subscriber.on("error", () => {});
globalThis.heardByChannel = () => heard;

globalThis.answer = async (offer) => {
  const connection = new RTCPeerConnection();
  connection.addEventListener("datachannel", ({ channel }) => subscriber.attach(dataChannelFeed(channel)));
  await connection.setRemoteDescription({ type: "offer", sdp: offer });
  await connection.setLocalDescription();
  // Where Firefox has declined the first section, it gathers nothing, and this never ends by itself.
  const gathered = new Promise<void>((resolve) => {
    connection.addEventListener("icegatheringstatechange", () => {
      if (connection.iceGatheringState === "complete") resolve();
    });
  });
  await Promise.race([gathered, new Promise((resolve) => setTimeout(resolve, 2000))]);
  return connection.localDescription?.sdp ?? "";
};
