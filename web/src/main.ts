import { browserFeed } from "@inband/browser";
import { type Attachment, type ReceivedMessage, SeiSubscriber } from "@inband/subscriber";
import { showWords } from "./captions.ts";
import { showLine } from "./chat.ts";
import { showTime } from "./clock.ts";
import { isOwnLine } from "./composer.ts";
import { element } from "./element.ts";
import { countDuplicate, countGap, countMessage, showMessageFigures } from "./figures.ts";
import { startControls } from "./player.ts";
import { countCopy, showTravel } from "./travel.ts";
import { isChatLine, isClockTime, isTranscriptWords } from "./value.ts";
import { keepPlaying, sayEnded } from "./viewer.ts";

const video = element<HTMLVideoElement>("video");
const subscriber = new SeiSubscriber({ logger: console });
let attachment: Attachment | undefined;

subscriber.on("message", (message) => {
  const { id, isBacklog, publishedAt, receivedAt } = message;
  countMessage(id, isBacklog || publishedAt === undefined ? undefined : receivedAt - publishedAt);
  showTravel(message);
  showMessageFigures();
});
subscriber.on("duplicate", ({ id }) => {
  countDuplicate();
  countCopy(id);
  showMessageFigures();
});
subscriber.on("gap", ({ missing }) => {
  countGap(missing);
  showMessageFigures();
});
subscriber.on("ended", ({ reason }) => sayEnded(reason));
subscriber.on("present", (message) => draw(message));

startControls();
keepPlaying(video, (receiver) => {
  attachment?.close();
  // One publisher, over one connection after another.
  attachment = subscriber.attach(browserFeed(receiver), { group: "demo" }).presentWith(video);
});

/** Draws a message when its frame is on the screen. */
function draw(message: ReceivedMessage<unknown>): void {
  const { topic, value } = message;
  if (topic === "chat" && isChatLine(value)) showLine(message, value, isOwnLine(message.id, value));
  if (topic === "clock" && isClockTime(value)) showTime(message, value);
  if (topic === "transcript" && isTranscriptWords(value)) showWords(message, value);
}
