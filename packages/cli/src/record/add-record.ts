import type { Command } from "commander";
import { UsageError } from "../usage-error.ts";
import { expressions, parseEventExpression } from "./event-expression.ts";

/** Adds the command `record`. */
export function addRecord(program: Command, signal: AbortSignal): void {
  program
    .command("record")
    .description("Records the events of a stream into MP4 files, with the frames and messages before them.")
    .argument("<source>", "URL or file, anything FFmpeg reads")
    .requiredOption("--on <expression>", expressions)
    .option("--folder <folder>", "where the files go", "recordings")
    .option("--pattern <name>", "their names, of {taskId}, {timestamp}, {eventType} and {eventId}")
    .option("--task <name>", "part of their names", "stream")
    .option("--before <frames>", "frames before the event, back to a key frame", "50")
    .option("--after <frames>", "frames behind it", "50")
    .option("--cooldown <seconds>", "after an event there is none for so long", "5")
    .option("--profile <name...>", "how the messages were written; several may be given")
    .option("--json", "print each recording as one line of JSON")
    .addHelpText(
      "after",
      `
Detections are read from the messages: { "detections": [{ "class", "confidence" }] }, or that as \`inf\` of a message.
Prints the path of each recording when it is complete. Ends with the stream; with 1 where an event was not recorded.

Examples:
  $ inband record rtmp://127.0.0.1/live/gate --on "detection:person>0.7"
  $ inband record rtsp://camera/stream --on topic:alarm --folder alarms --before 125`,
    )
    .action(
      async (
        source: string,
        options: {
          on: string;
          folder: string;
          pattern?: string;
          task: string;
          before: string;
          after: string;
          cooldown: string;
          profile?: string[];
          json?: boolean;
        },
      ) => {
        const { before, after, cooldown, on, folder, pattern, task, profile: profiles = [], json = false } = options;
        const cooldownMs = 1000 * number("--cooldown", cooldown);
        const { runRecord } = await import("./record.ts");
        await runRecord({
          ...{ source, folder, task, cooldownMs, profiles, json, signal },
          on: parseEventExpression(on, cooldownMs),
          before: number("--before", before, true),
          after: number("--after", after, true),
          ...(pattern !== undefined && { pattern }),
        });
      },
    );
}

function number(option: string, text: string, isInteger = false): number {
  const value = Number(text);
  if (text.trim() !== "" && value >= 0 && (isInteger ? Number.isSafeInteger(value) : Number.isFinite(value)))
    return value;
  throw new UsageError(`${option} takes ${isInteger ? "a whole number" : "a number"} of 0 or more, and not ${text}.`);
}
