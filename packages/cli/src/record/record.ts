import { openSource } from "@inband/media";
import { EventTrigger, type Inference, Mp4Recorder, type RecordingInfo } from "@inband/recorder";
import { type ReceivedMessage, SeiSubscriber } from "@inband/subscriber";
import { CommandError } from "../command-error.ts";
import { print, tell } from "../output.ts";
import { jsonLine, plain } from "../plain-text.ts";
import { profileOf, profilesReadByDefault } from "../profiles.ts";
import { readMessages } from "../read-messages.ts";
import { sentenceOf } from "../tell-error.ts";
import type { EventExpression } from "./event-expression.ts";

/** What `inband record` takes. */
export interface RecordOptions {
  /** Anything that `openSource` opens. */
  readonly source: string;
  readonly on: EventExpression;
  readonly folder: string;
  readonly pattern?: string;
  /** Part of the names of the files. */
  readonly task: string;
  readonly before: number;
  readonly after: number;
  readonly cooldownMs: number;
  readonly profiles: readonly string[];
  readonly json: boolean;
  readonly signal: AbortSignal;
}

/** Records what was before and after each event that the messages of a stream make, until it ends. */
export async function runRecord(options: RecordOptions): Promise<void> {
  const { source, folder, pattern, before, after, json, signal } = options;
  await using media = await openSource(source, { signal });
  const { audio } = media.info;
  const isKept = audio?.codec === "opus" || (audio?.codec === "aac" && audio.config !== undefined);
  if (audio !== undefined && !isKept) tell(`The sound is left out: ${plain(audio.codec)} is not recorded.`);
  const recorder = new Mp4Recorder({
    ...{ folder, preEventFrames: before, postEventFrames: after },
    ...(pattern !== undefined && { pattern }),
    ...(isKept && { audio }),
  });
  let failures = 0;
  recorder.on("completed", (recording) => print(json ? jsonLine(recording) : readable(recording)));
  recorder.on("failed", (error) => {
    failures += 1;
    tell(sentenceOf(error));
  });
  const names = options.profiles.length > 0 ? options.profiles : profilesReadByDefault;
  using subscriber = new SeiSubscriber({ profiles: names.map(profileOf) });
  subscriber.on("error", () => {});
  const isEvent = judge(options);
  subscriber.on("message", (message) => {
    const type = isEvent(message);
    if (type !== undefined) recorder.record({ type, taskId: options.task });
  });
  try {
    await readMessages(subscriber, media, "video", (packet) => recorder.write(packet));
  } finally {
    await recorder.close();
  }
  if (failures > 0) throw new CommandError(`${failures} ${failures === 1 ? "event was" : "events were"} not recorded.`);
}

/** Tells of a message which event it is. */
function judge({ on, cooldownMs }: RecordOptions): (message: ReceivedMessage<unknown>) => string | undefined {
  const trigger = new EventTrigger(
    on.kind === "trigger" ? on.options : { type: "custom", cooldownMs, evaluate: () => true },
  );
  return ({ topic, value, timestamp, receivedAt }) => {
    if (on.kind === "message" && on.topic !== undefined && topic !== on.topic) return undefined;
    // By the clock of the stream: a file is read faster than it plays.
    const event = trigger.evaluate(inferenceIn(value), timestamp === undefined ? receivedAt : timestamp / 1000);
    return event && (on.kind === "message" ? (topic ?? "message") : event.type);
  };
}

/** What a detector says in a message: the `inf` of a pipeline, or the value itself. */
function inferenceIn(value: unknown): Inference {
  if (typeof value !== "object" || value === null) return {};
  const { inf } = value as { readonly inf?: unknown };
  return (typeof inf === "object" && inf !== null ? inf : value) as Inference;
}

function readable({ path, eventType, frames, preEventFrames }: RecordingInfo): string {
  return `${plain(path)}  ${plain(eventType)}, ${frames} frames, ${preEventFrames} up to the event`;
}
