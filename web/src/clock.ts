import type { ReceivedMessage } from "@inband/subscriber";
import { element } from "./element.ts";
import type { ClockTime } from "./value.ts";

const face = element<HTMLTimeElement>("clock");
const format = new Intl.DateTimeFormat("en", {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hourCycle: "h23",
});

/** The publisher's clock, changed with the frame that the message speaks of. */
export function showTime(message: ReceivedMessage<unknown>, { time }: ClockTime): void {
  const date = new Date(time);
  face.hidden = false;
  face.dateTime = date.toISOString();
  face.textContent = timeText(date);
  face.dataset.id = message.id;
  face.dataset.topic = message.topic ?? "";
}

/** Hours, minutes and seconds, as the picture shows them. */
export function timeText(date: Date): string {
  return format.format(date);
}
