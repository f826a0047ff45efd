import { browserFeed } from "@inband/browser";
import { answer } from "@inband/rig/page/description";
import { SeiSubscriber } from "@inband/subscriber";
import { eachFrame, type Presentation, pictureOf } from "./burnt-number.ts";

declare global {
  var presentOffer: (offer: string) => Promise<string>;
  var presentedState: () => {
    messages: number[];
    presentations: Presentation[];
    rtpTimestamps: number[];
    errors: string[];
  };
}

const video = document.createElement("video");
video.muted = true;
video.autoplay = true;
document.body.append(video);

const messages: number[] = [];
const presentations: Presentation[] = [];
/** Of every frame that was shown. */
const rtpTimestamps: number[] = [];
const errors: string[] = [];

/** Shows the video of an offer. */
globalThis.presentOffer = async (offer) => {
  const subscriber = new SeiSubscriber<number>();
  subscriber.on("message", ({ value }) => messages.push(value));
  subscriber.on("error", ({ message }) => errors.push(message));
  subscriber.on("present", ({ value, presented, rtpTimestamp }) => {
    presentations.push({ picture: value, presented, rtpTimestamp, shown: pictureOf(video) });
  });
  const peerConnection = new RTCPeerConnection();
  peerConnection.addEventListener("track", ({ receiver, track }) => {
    subscriber.attach(browserFeed(receiver)).presentWith(video);
    video.srcObject = new MediaStream([track]);
    eachFrame(video, ({ rtpTimestamp }) => rtpTimestamps.push(rtpTimestamp ?? Number.NaN));
  });
  return answer(peerConnection, offer);
};

globalThis.presentedState = () => ({ messages, presentations, rtpTimestamps, errors });
