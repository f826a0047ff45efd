import { browserCarrier, browserFeed } from "@inband/browser";
import { connectWhep, connectWhip } from "@inband/browser/whip";
import { SeiPublisher } from "@inband/publisher";
import { preferCodec } from "@inband/rig/page/codec-preference";
import { addCamera } from "@inband/rig/page/h264-camera";
import { SeiSubscriber } from "@inband/subscriber";
import { inband, ivs } from "@inband/wire";

declare global {
  var publishCamera: (url: string, token: string) => Promise<void>;
  var publishBytes: (bytes: readonly number[]) => void;
  var framesSent: () => Promise<number>;
  var receiveMessagesFrom: (url: string, token: string) => Promise<void>;
  /** Messages since the last call: their bytes, and whether each names its access unit. */
  var takeReceived: () => [bytes: number[], isOnFrame: boolean][];
  var framesDecoded: () => Promise<number>;
}

const publisher = new SeiPublisher<Uint8Array>({ profile: ivs() });
const peerConnection = new RTCPeerConnection();
const received: [number[], boolean][] = [];

globalThis.publishCamera = async (url, token) => {
  const { sender } = await addCamera(peerConnection);
  publisher.attach(browserCarrier(sender));
  await connectWhip(peerConnection, { url, token });
};

globalThis.publishBytes = (bytes) => void publisher.publish(Uint8Array.from(bytes));

async function sum(type: string, figure: string): Promise<number> {
  let total = 0;
  for (const report of (await peerConnection.getStats()).values()) {
    if (report.type === type && report.kind === "video") total += report[figure] ?? 0;
  }
  return total;
}

globalThis.framesSent = () => sum("outbound-rtp", "framesSent");
globalThis.framesDecoded = () => sum("inbound-rtp", "framesDecoded");

globalThis.receiveMessagesFrom = async (url, token) => {
  const subscriber = new SeiSubscriber<Uint8Array>({ profiles: [inband(), ivs()] });
  subscriber.on("message", ({ value, rtpTimestamp }) => received.push([[...value], rtpTimestamp !== undefined]));
  const transceiver = peerConnection.addTransceiver("video", { direction: "recvonly" });
  preferCodec(transceiver, "video/H264");
  subscriber.attach(browserFeed(transceiver.receiver));
  const video = Object.assign(document.createElement("video"), { muted: true, autoplay: true });
  video.srcObject = new MediaStream([transceiver.receiver.track]);
  document.body.append(video);
  await connectWhep(peerConnection, { url, token });
};

globalThis.takeReceived = () => received.splice(0);
