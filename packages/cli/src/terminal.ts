import { styleText } from "node:util";
import type { ReceivedMessage } from "@inband/subscriber";

/** Prints messages as they are received: one line of JSON each, or one that people read. */
export function messagePrinter(json: boolean): (message: ReceivedMessage<unknown>) => void {
  return (message) => console.log(json ? JSON.stringify(message) : readable(message));
}

function readable(message: ReceivedMessage<unknown>): string {
  const time = new Date(message.receivedAt).toTimeString().slice(0, 8);
  const topic = (message.topic ?? "").padEnd(10);
  const place = [
    message.sequence === undefined ? "" : `#${message.sequence}`,
    message.rtpTimestamp === undefined ? "" : `frame ${message.rtpTimestamp}`,
    message.publishedAt === undefined ? "" : `${Math.max(0, message.receivedAt - message.publishedAt)} ms`,
  ];
  return [
    styleText("dim", time),
    styleText(colour(message.topic), topic),
    text(message.value),
    styleText("dim", place.filter(Boolean).join("  ")),
  ].join("  ");
}

/** Values of the demo in words, others as JSON. What came from the network must not steer the terminal. */
function text(value: unknown): string {
  let words: string;
  if (typeof value === "string") words = value;
  else if (isRecord(value) && typeof value.text === "string") {
    words = typeof value.user === "string" ? `${value.user}: ${value.text}` : value.text;
  } else if (isRecord(value) && typeof value.time === "number") {
    words = new Date(value.time).toTimeString().slice(0, 8);
  } else words = JSON.stringify(value, jsonValue) ?? String(value);
  return words.replace(/\p{Cc}/gu, " ");
}

function jsonValue(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? value.toString() : value;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function colour(topic: string | undefined): "cyan" | "yellow" | "green" | "magenta" {
  if (topic === "chat") return "green";
  if (topic === "clock") return "yellow";
  return topic === "transcript" ? "cyan" : "magenta";
}
