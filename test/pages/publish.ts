import { SeiPublisher } from "@inband/publisher";
import { browserCarrier } from "@inband/publisher/browser";

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
  const camera = await navigator.mediaDevices.getUserMedia({ video: { width: 640, height: 360, frameRate: 30 } });
  const transceiver = peerConnection.addTransceiver(camera.getVideoTracks()[0] as MediaStreamTrack, {
    direction: "sendonly",
  });
  const codecs = RTCRtpSender.getCapabilities("video")?.codecs ?? [];
  transceiver.setCodecPreferences(codecs.filter(({ mimeType }) => /h264|rtx/i.test(mimeType)));
  sender = transceiver.sender;
  publisher.attach(browserCarrier(sender));
  await peerConnection.setLocalDescription();
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/sdp", authorization: `Bearer ${token}` },
    body: peerConnection.localDescription?.sdp ?? "",
  });
  if (response.status !== 201) throw new Error(`the stage answered ${response.status}: ${await response.text()}`);
  await peerConnection.setRemoteDescription({ type: "answer", sdp: await response.text() });
};

globalThis.publishText = async (text) => {
  const { sent } = publisher.publish(text, { topic: "chat" });
  return (await sent).outcome;
};

globalThis.blockFor = (durationMs) => {
  const end = performance.now() + durationMs;
  while (performance.now() < end);
};

globalThis.framesSent = async () => {
  for (const report of (await sender.getStats()).values()) {
    if (report.type === "outbound-rtp") return report.framesSent;
  }
  return 0;
};
