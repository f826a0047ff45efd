import type { ReceivedMessage } from "@inband/subscriber";
import { timeText } from "./clock.ts";
import { element } from "./element.ts";
import { isChatLine, isClockTime, isTranscriptWords } from "./value.ts";

const sei = element("unit-sei");
const text = element("unit-text");
const parameters = element("unit-parameters");
const facts = {
  topic: element("travel-topic"),
  sequence: element("travel-sequence"),
  copies: element("travel-copies"),
  frame: element("travel-frame"),
  id: element("travel-id"),
};

let shown: string | undefined;
let copies = 0;

/** Tells of the last message how it came. */
export function showTravel(message: ReceivedMessage<unknown>): void {
  shown = message.id;
  copies = message.copies;
  text.textContent = preview(message.value);
  facts.topic.textContent = message.topic ?? "none";
  facts.sequence.textContent = message.sequence === undefined ? "none" : String(message.sequence);
  facts.copies.textContent = String(copies);
  facts.frame.textContent = message.rtpTimestamp === undefined ? "unknown" : String(message.rtpTimestamp);
  facts.id.textContent = message.id;
  facts.id.title = message.id;
  parameters.dataset.present = String(message.isKeyFrame === true);
  if (sei.getAnimations().length === 0) {
    sei.classList.remove("arrived");
    void sei.offsetWidth;
    sei.classList.add("arrived");
  }
}

/** One copy more of a message has come; it is dropped, and counted where that message is still shown. */
export function countCopy(id: string): void {
  if (id !== shown) return;
  copies += 1;
  facts.copies.textContent = String(copies);
}

/** What is inside, in a few words. */
function preview(value: unknown): string {
  if (isChatLine(value) || isTranscriptWords(value)) return value.text;
  if (isClockTime(value)) return timeText(new Date(value.time));
  return typeof value === "string" ? value : "";
}
