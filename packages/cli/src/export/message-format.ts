import type { ReceivedMessage } from "@inband/subscriber";
import { jsonLine } from "../plain-text.ts";

/** A message of a stream. */
export interface ExportedMessage {
  readonly message: ReceivedMessage<unknown>;
  /** When its frame is shown, in seconds since the first frame of the stream; undefined where that is not known. */
  readonly timeSeconds: number | undefined;
}

/** How messages are written to a file for other tools. */
export interface MessageFormat {
  /** What stands before the first message, without a line break at its end. */
  readonly head?: string;
  /** One message. `next` is the one that follows it in time. */
  line(exported: ExportedMessage, next: ExportedMessage | undefined): string;
}

/**
 * One JSON object on each line: what `subscribe --json` prints, with `timeSeconds` and without what is of the reading alone,
 * so that one recording always gives the same lines.
 */
export const jsonLines: MessageFormat = {
  line: ({ message, timeSeconds }) => jsonLine({ timeSeconds, ...told(message) }),
};

function told(message: ReceivedMessage<unknown>): Readonly<Record<string, unknown>> {
  const { receivedAt, feed, stream, isBacklog, copies, ...rest } = message.toJSON();
  return rest;
}

const columns = ["timeSeconds", "rtpTimestamp", "topic", "sequence", "id", "publishedAt", "value"] as const;

/** RFC 4180, with a header line. Values are JSON, as `subscribe --json` has them. */
export const csv: MessageFormat = {
  head: columns.join(","),
  line({ message, timeSeconds }) {
    const fields: Readonly<Record<string, unknown>> = { ...told(message), timeSeconds };
    return columns.map((name) => field(name === "value" ? jsonLine(fields[name]) : fields[name])).join(",");
  },
};

/** Seconds that the last cue lasts. */
const lastCueSeconds = 5;
/** Cues that begin at the same time have to last, too. */
const leastCueSeconds = 0.001;

/**
 * WebVTT, as a metadata track (W3C WebVTT 1.3) that a `<track kind="metadata">` plays: each cue has the JSON of a message, and
 * lasts until the next message.
 */
export const webVtt: MessageFormat = {
  head: "WEBVTT\n",
  line({ message, timeSeconds = 0 }, next) {
    const end = Math.max(next?.timeSeconds ?? timeSeconds + lastCueSeconds, timeSeconds + leastCueSeconds);
    // A cue may hold neither an arrow nor a blank line; JSON has no line break.
    const text = jsonLine(told(message)).replaceAll("-->", "--\\u003e");
    return `${cueTime(timeSeconds)} --> ${cueTime(end)}\n${text}\n`;
  },
};

function field(value: unknown): string {
  const text = value === undefined || value === null ? "" : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function cueTime(seconds: number): string {
  const ms = Math.round(seconds * 1000);
  const [hours, minutes] = [Math.floor(ms / 3_600_000), Math.floor(ms / 60_000) % 60];
  const pad = (value: number, length: number) => String(value).padStart(length, "0");
  return `${pad(hours, 2)}:${pad(minutes, 2)}:${pad(Math.floor(ms / 1000) % 60, 2)}.${pad(ms % 1000, 3)}`;
}
