import { hlsFeed } from "@inband/hls";
import { SeiSubscriber } from "@inband/subscriber";
import Hls from "hls.js";
import { eachFrame, type Presentation, pictureOf } from "./burnt-number.ts";

declare global {
  var playHls: (url: string) => void;
  var seekHls: (seconds: number) => void;
  var hlsState: () => {
    messages: number[];
    presentations: Presentation[];
    /** Numbers of the pictures that were shown, by their media time. */
    frames: number[];
    errors: string[];
    accessUnits: number;
    /** Whether the video was played to its end. */
    isEnded: boolean;
  };
}

const video = document.createElement("video");
video.muted = true;
document.body.append(video);

const messages: number[] = [];
const presentations: Presentation[] = [];
const frames: number[] = [];
const errors: string[] = [];
let accessUnits = (): number => 0;

/** Plays a playlist; what has been played is let go, so that it is loaded and parsed again after seeking back. */
globalThis.playHls = (url) => {
  const hls = new Hls({ backBufferLength: 0 });
  const subscriber = new SeiSubscriber<number>();
  subscriber.on("message", ({ value }) => messages.push(value));
  subscriber.on("error", ({ message }) => errors.push(message));
  subscriber.on("present", ({ value, presented, rtpTimestamp }) => {
    presentations.push({ picture: value, presented, rtpTimestamp, shown: pictureOf(video) });
  });
  hls.on(Hls.Events.ERROR, (_, { details, fatal }) => {
    if (fatal) errors.push(details);
  });
  subscriber.attach(hlsFeed(hls)).presentWith(video);
  eachFrame(video, ({ mediaTime }) => frames.push(Math.round(mediaTime * 30)));
  accessUnits = () => subscriber.stats().accessUnits;
  hls.loadSource(url);
  hls.attachMedia(video);
  void video.play();
};

globalThis.seekHls = (seconds) => {
  video.currentTime = seconds;
  void video.play();
};

globalThis.hlsState = () => ({
  messages,
  presentations,
  frames,
  errors,
  accessUnits: accessUnits(),
  isEnded: video.ended,
});
