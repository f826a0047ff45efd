import { styleText } from "node:util";
import type { ReceivedMessage } from "@inband/subscriber";
import { print } from "./output.ts";
import { jsonLine, plain } from "./plain-text.ts";

/** More of a payload of bytes is not shown to people; --json has all of it. */
const shownBytes = 32;

/**
 * Prints messages as they are received: one line of JSON each, or one that people read. Of a recording that one has the
 * time at which a message was published, where it is known: when it is read says nothing of its way.
 */
export function messagePrinter(
  json: boolean,
  { isRecording = false }: { readonly isRecording?: boolean } = {},
): (message: ReceivedMessage<unknown>) => void {
  return (message) => print(json ? jsonLine(message) : readable(message, isRecording));
}

function readable(message: ReceivedMessage<unknown>, isRecording: boolean): string {
  const time = timeOfDay((isRecording ? message.publishedAt : undefined) ?? message.receivedAt);
  const topic = plain(message.topic ?? "").padEnd(10);
  const place = [
    message.sequence === undefined ? "" : `#${message.sequence}`,
    message.rtpTimestamp === undefined ? "" : `frame ${message.rtpTimestamp}`,
    isRecording ? "" : delay(message),
  ];
  return [
    styleText("dim", time),
    styleText(colour(message.topic), topic),
    text(message.value),
    styleText("dim", place.filter(Boolean).join("  ")),
  ].join("  ");
}

/** How long it was on its way; of one from before this receiver joined that says nothing. */
function delay({ isBacklog, publishedAt, receivedAt }: ReceivedMessage<unknown>): string {
  if (isBacklog) return "earlier";
  return publishedAt === undefined ? "" : `${Math.max(0, receivedAt - publishedAt)} ms`;
}

/** Values of the demo in words, text that came as bytes as text, others as JSON. */
function text(value: unknown): string {
  if (typeof value === "string") return plain(value);
  if (value instanceof Uint8Array) return bytesText(value);
  if (!isRecord(value)) return jsonLine(value);
  const { user, text: words, time } = value;
  if (typeof words === "string") return plain(typeof user === "string" ? `${user}: ${words}` : words);
  // What is out of the range of a Date has no time of day.
  if (typeof time === "number" && Math.abs(time) <= 8.64e15) return timeOfDay(time);
  return jsonLine(value);
}

function timeOfDay(timeMs: number): string {
  return new Date(timeMs).toTimeString().slice(0, 8);
}

/** Text where the bytes are UTF-8, else the first of them in hexadecimal. */
function bytesText(bytes: Uint8Array): string {
  try {
    return plain(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    const shown = Buffer.from(bytes.subarray(0, shownBytes)).toString("hex");
    return `${bytes.length} bytes: ${shown}${bytes.length > shownBytes ? "..." : ""}`;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function colour(topic: string | undefined): "cyan" | "yellow" | "green" | "magenta" {
  if (topic === "chat") return "green";
  if (topic === "clock") return "yellow";
  return topic === "transcript" ? "cyan" : "magenta";
}
