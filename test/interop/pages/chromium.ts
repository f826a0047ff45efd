import { browserCarrier, browserFeed } from "@inband/browser";
import { connectWhep, connectWhip } from "@inband/browser/whip";
import { SeiPublisher } from "@inband/publisher";
import { preferCodec } from "@inband/rig/page/codec-preference";
import { answer, offer } from "@inband/rig/page/description";
import { addCamera } from "@inband/rig/page/h264-camera";
import { SeiSubscriber } from "@inband/subscriber";
import { inband, ivs } from "@inband/wire";
import type { EncodedPicture } from "../place.ts";
import { DecodedPictures, type Strip } from "./decoded-pictures.ts";

declare global {
  /** Publishes the camera by WHIP, in simulcast layers if there are names for them. */
  var publishCamera: (url: string, token: string, layers: readonly string[]) => Promise<void>;
  /** Offers it instead, to a server that takes an offer in another way. */
  var offerWithCamera: (layers: readonly string[]) => Promise<string>;
  var takeAnswer: (sdp: string) => Promise<void>;
  /** Resolves, when the message has left, with its frames, stream by stream. */
  var publishBytes: (bytes: readonly number[]) => Promise<EncodedPicture[]>;
  /** How many encoded streams have sent frames. */
  var flowingStreams: () => Promise<number>;
  /** Frames that a simulcast layer has sent, by its name. */
  var framesSentOf: (layer: string) => Promise<number>;
  var receiveMessagesFrom: (url: string, token: string) => Promise<void>;
  /** Answers the offer of a server to receive. */
  var answerOffer: (sdp: string) => Promise<string>;
  /** Messages since the last call: their bytes, RTP timestamp, and the picture that was decoded with that timestamp. */
  var takeReceived: () => Promise<ReceivedBytes[]>;
  var framesDecoded: () => Promise<number>;
  var freezes: () => Promise<number>;
  /** Of the picture that was decoded last. */
  var decodedHeight: () => number;
}

/** A message, and the picture that it names. */
export type ReceivedBytes = readonly [bytes: number[], rtpTimestamp: number | undefined, strip: Strip | undefined];

const publisher = new SeiPublisher<Uint8Array>({ profile: ivs() });
const peerConnection = new RTCPeerConnection();
const pictures = new DecodedPictures();
let received: Promise<ReceivedBytes>[] = [];

async function attachCamera(layers: readonly string[]): Promise<void> {
  const { sender } = await addCamera(peerConnection, layers);
  publisher.attach(browserCarrier(sender));
}

globalThis.publishCamera = async (url, token, layers) => {
  await attachCamera(layers);
  await connectWhip(peerConnection, { url, token });
};

globalThis.offerWithCamera = async (layers) => {
  await attachCamera(layers);
  return offer(peerConnection);
};

globalThis.takeAnswer = (sdp) => peerConnection.setRemoteDescription({ type: "answer", sdp });

globalThis.publishBytes = async (bytes) => {
  const { streams } = await publisher.publish(Uint8Array.from(bytes)).sent;
  return streams.flatMap(({ stream, rtpTimestamps }) =>
    rtpTimestamps.map((rtpTimestamp) => ({ ssrc: Number(stream), rtpTimestamp })),
  );
};

async function videoStats(type: string, figure: string): Promise<number[]> {
  const reports = [...(await peerConnection.getStats()).values()];
  return reports
    .filter((report) => report.type === type && report.kind === "video")
    .map((report) => report[figure] ?? 0);
}

globalThis.flowingStreams = async () =>
  (await videoStats("outbound-rtp", "framesSent")).filter((frames) => frames > 0).length;

globalThis.framesSentOf = async (layer) => {
  const reports = [...(await peerConnection.getStats()).values()];
  return reports.find(({ type, rid }) => type === "outbound-rtp" && rid === layer)?.framesSent ?? 0;
};

const sum = (figures: readonly number[]) => figures.reduce((total, figure) => total + figure, 0);
globalThis.framesDecoded = async () => sum(await videoStats("inbound-rtp", "framesDecoded"));
globalThis.freezes = async () => sum(await videoStats("inbound-rtp", "freezeCount"));

globalThis.decodedHeight = () => pictures.height;

function receive({ receiver }: RTCRtpTransceiver): void {
  const subscriber = new SeiSubscriber<Uint8Array>({ profiles: [inband(), ivs()] });
  subscriber.on("message", ({ value, rtpTimestamp }) => {
    const bytes = [...value];
    received.push(pictures.decodedWith(rtpTimestamp).then((strip) => [bytes, rtpTimestamp, strip]));
  });
  subscriber.attach(browserFeed(receiver));
  pictures.read(receiver.track);
}

globalThis.receiveMessagesFrom = async (url, token) => {
  const transceiver = peerConnection.addTransceiver("video", { direction: "recvonly" });
  preferCodec(transceiver, "video/H264");
  receive(transceiver);
  await connectWhep(peerConnection, { url, token });
};

globalThis.answerOffer = (sdp) => {
  peerConnection.addEventListener("track", ({ transceiver, track }) => {
    if (track.kind === "video") receive(transceiver);
  });
  return answer(peerConnection, sdp);
};

globalThis.takeReceived = () => {
  const taken = received;
  received = [];
  return Promise.all(taken);
};
