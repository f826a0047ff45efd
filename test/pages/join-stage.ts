import { type JoinStageOptions, joinStage, type PageMembership } from "@inband/browser/whip";
import { SeiPublisher } from "@inband/publisher";
import { SeiSubscriber } from "@inband/subscriber";

declare global {
  /** Joins, publishes a canvas, and receives everybody else. Resolves to the error where that is in vain. */
  var join: (token: string, wants?: { publish?: boolean; from?: string }) => Promise<string>;
  var say: (text: string, topic?: string) => void;
  var heard: () => readonly string[];
  /** Closes the publisher and the subscriber, and goes on showing and being shown. */
  var closeMessages: () => void;
  var presented: () => readonly string[];
  /** What the membership has told, in order. */
  var told: () => readonly string[];
  var tracks: () => readonly string[];
  var framesShown: () => number;
  var everybody: () => readonly string[];
  var exchange: (token: string) => Promise<string>;
  var leave: () => Promise<void>;
  /** How the stay has ended; undefined while it lasts. */
  var ending: () => string | undefined;
  var noVideo: () => string | undefined;
  /** Called for another token. */
  var anotherToken: (() => Promise<string>) | undefined;
}

const publisher = new SeiPublisher<string>();
const subscriber = new SeiSubscriber<string>();
const heardTexts: string[] = [];
const presentedTexts: string[] = [];
const toldEvents: string[] = [];
const trackNames: string[] = [];
let membership: PageMembership | undefined;
let ended: string | undefined;
const video = Object.assign(document.createElement("video"), { muted: true, autoplay: true });
document.body.append(video);

subscriber.on("message", ({ feed, value }) => heardTexts.push(`${feed}: ${value}`));
subscriber.on("present", ({ value }) => presentedTexts.push(value));
subscriber.on("error", () => {});
publisher.on("error", () => {});

function movingCanvas(): MediaStream {
  const canvas = Object.assign(document.createElement("canvas"), { width: 320, height: 180 });
  const context = canvas.getContext("2d") as CanvasRenderingContext2D;
  let n = 0;
  setInterval(() => {
    context.fillStyle = `hsl(${n++ * 7} 60% 50%)`;
    context.fillRect(0, 0, canvas.width, canvas.height);
  }, 33);
  document.body.append(canvas);
  return canvas.captureStream(30);
}

const nameOf = (error: unknown): string => {
  const { name, code, message } = error as Error & { code?: string };
  return `${name} ${code ?? ""}: ${message}`;
};

globalThis.join = async (token, { publish = true, from } = {}) => {
  const options: JoinStageOptions = {
    token: globalThis.anotherToken ?? token,
    subscribe: subscriber,
    shouldSubscribe: ({ participantId }) => from === undefined || participantId === from,
    onTrack({ participantId, track, stream, presentWith }) {
      trackNames.push(`${participantId} ${track.kind}`);
      if (track.kind !== "video") return;
      video.srcObject = stream;
      void video.play().catch(() => undefined);
      presentWith(video);
    },
    ...(publish && { publish: { media: movingCanvas(), publishers: publisher } }),
  };
  try {
    membership = await joinStage(options);
  } catch (error) {
    return nameOf(error);
  }
  for (const name of ["joined", "left"] as const) {
    membership.on(name, ({ participantId }) => toldEvents.push(`${name} ${participantId}`));
  }
  membership.on("connected", (what) => toldEvents.push(`connected ${what}`));
  membership.on("reconnecting", (_error, what) => toldEvents.push(`reconnecting ${what}`));
  void membership.ended.then((error) => {
    ended = error ? nameOf(error) : "left";
  });
  return "joined";
};

globalThis.say = (text, topic) => void publisher.publish(text, topic === undefined ? {} : { topic, retain: true });
globalThis.closeMessages = () => {
  publisher.close();
  subscriber.close();
};
globalThis.heard = () => heardTexts;
globalThis.presented = () => presentedTexts;
globalThis.told = () => toldEvents;
globalThis.tracks = () => trackNames;
globalThis.framesShown = () => video.getVideoPlaybackQuality().totalVideoFrames;
globalThis.everybody = () => membership?.participants().map(({ participantId }) => participantId) ?? [];
globalThis.exchange = (token) => membership?.exchangeToken(token).then(() => "taken", nameOf) ?? Promise.resolve("");
globalThis.leave = async () => membership?.leave();
globalThis.ending = () => ended;
globalThis.noVideo = () => membership?.noVideo?.message;
