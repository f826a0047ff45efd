import { openSource } from "@inband/media";
import { SeiSubscriber } from "@inband/subscriber";
import { print } from "../output.ts";
import { profileOf, profilesReadByDefault } from "../profiles.ts";
import { readMessages } from "../read-messages.ts";
import { tellEvents } from "../tell-events.ts";
import { csv, type ExportedMessage, jsonLines, type MessageFormat, webVtt } from "./message-format.ts";

/** The formats by their names. */
export const messageFormats: Readonly<Record<string, MessageFormat>> = { jsonl: jsonLines, vtt: webVtt, csv };

/** What `inband export` takes. */
export interface ExportOptions {
  /** Anything that `openSource` opens. */
  readonly source: string;
  readonly format: MessageFormat;
  /** Names, as `profileOf` takes them; none for the default. */
  readonly profiles: readonly string[];
  readonly topic?: string;
  readonly signal: AbortSignal;
}

/** Seconds that a message is held, so that one of an earlier frame, which is decoded later, comes before it. */
const heldSeconds = 2;

/** Prints the messages of a stream in the order in which their frames are shown. */
export async function exportMessages({ source, format, topic, signal, profiles }: ExportOptions): Promise<void> {
  const names = profiles.length > 0 ? profiles : profilesReadByDefault;
  using subscriber = new SeiSubscriber({ profiles: names.map(profileOf) });
  const clock = { first: undefined as number | undefined };
  const held: ExportedMessage[] = [];
  /** Prints those before a time, but for the last: how long it lasts is not known yet. */
  const release = (beforeSeconds: number): void => {
    while (held.length > 1 && timeOf(held[1]) < beforeSeconds) {
      const [exported, next] = held;
      if (exported !== undefined) print(format.line(exported, next));
      held.shift();
    }
  };
  subscriber.on("message", (message) => {
    if (topic !== undefined && message.topic !== topic) return;
    const { timestamp } = message;
    const timeSeconds = timestamp === undefined ? undefined : seconds(timestamp - (clock.first ?? timestamp));
    const at = held.findLastIndex((other) => timeOf(other) <= (timeSeconds ?? Number.POSITIVE_INFINITY));
    held.splice(at + 1, 0, { message, timeSeconds });
  });
  tellEvents(subscriber, topic);
  await using media = await openSource(source, { signal });
  if (format.head !== undefined) print(format.head);
  await readMessages(subscriber, media, "video", (packet) => {
    clock.first ??= packet.kind === "video" ? packet.timestamp : undefined;
    release(seconds(packet.timestamp - (clock.first ?? packet.timestamp)) - heldSeconds);
  });
  release(Number.POSITIVE_INFINITY);
  const [last] = held;
  if (last !== undefined) print(format.line(last, undefined));
}

function seconds(microseconds: number): number {
  return Math.round(microseconds) / 1_000_000;
}

/** One whose time is not known comes where it came. */
function timeOf(exported: ExportedMessage | undefined): number {
  return exported?.timeSeconds ?? Number.NEGATIVE_INFINITY;
}
