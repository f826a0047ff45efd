import { browserCarrier } from "@inband/browser";
import { connectWhip } from "@inband/browser/whip";
import { SeiPublisher } from "@inband/publisher";
import { blockFor as block } from "@inband/rig/page/blocked-page";
import { addCamera } from "@inband/rig/page/h264-camera";

declare global {
  var publishTo: (url: string, token: string) => Promise<void>;
  var publishText: (text: string) => Promise<string>;
  var blockFor: (durationMs: number) => void;
  var framesSent: () => Promise<number>;
}

const publisher = new SeiPublisher<string>();
let sender: RTCRtpSender;

/** Publishes the camera to a stage by WHIP, with messages inside. Its frames come whether or not the page is busy. */
globalThis.publishTo = async (url, token) => {
  const peerConnection = new RTCPeerConnection();
  ({ sender } = await addCamera(peerConnection));
  publisher.attach(browserCarrier(sender));
  await connectWhip(peerConnection, { url, token });
};

globalThis.publishText = async (text) => {
  const { sent } = publisher.publish(text, { topic: "chat" });
  return (await sent).outcome;
};

globalThis.blockFor = block;

globalThis.framesSent = async () => {
  for (const report of (await sender.getStats()).values()) {
    if (report.type === "outbound-rtp") return report.framesSent;
  }
  return 0;
};
