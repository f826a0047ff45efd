import { browserCarrier } from "@inband/browser";
import { SeiPublisher } from "@inband/publisher";
import { offer } from "@inband/rig/page/description";
import { addCamera } from "@inband/rig/page/h264-camera";

declare global {
  var offerCamera: (layers: readonly string[], publishers: number) => Promise<string>;
  var takeAnswer: (answer: string) => Promise<void>;
  var framesOfLayers: () => Promise<number[]>;
  var publishAll: (texts: readonly (readonly string[])[]) => Promise<Sent[]>;
}

/** What a receipt says: how many copies went out in each stream. */
export interface Sent {
  readonly outcome: string;
  readonly copies: readonly number[];
}

const peerConnection = new RTCPeerConnection();
const publishers: SeiPublisher<string>[] = [];
let sender: RTCRtpSender;

/** Offers the camera in H.264, in simulcast layers if there are names for them, with the messages of so many publishers. */
globalThis.offerCamera = async (layers, count) => {
  ({ sender } = await addCamera(peerConnection, layers));
  for (let index = 0; index < count; index++) {
    const publisher = new SeiPublisher<string>();
    publisher.attach(browserCarrier(sender));
    publishers.push(publisher);
  }
  return offer(peerConnection);
};

globalThis.takeAnswer = (sdp) => peerConnection.setRemoteDescription({ type: "answer", sdp });

/** Frames that each layer has sent. */
globalThis.framesOfLayers = async () => {
  const reports = [...(await sender.getStats()).values()];
  return reports.filter(({ type }) => type === "outbound-rtp").map(({ framesSent }) => framesSent);
};

/** Publishes a list of texts for each publisher, all at once, and resolves when all have left. */
globalThis.publishAll = (texts) =>
  Promise.all(
    texts.flatMap((own, index) =>
      own.map(async (text) => {
        const publisher = publishers[index] as SeiPublisher<string>;
        const { outcome, streams } = await publisher.publish(text, { topic: "chat" }).sent;
        return { outcome, copies: streams.map(({ copies }) => copies) };
      }),
    ),
  );
