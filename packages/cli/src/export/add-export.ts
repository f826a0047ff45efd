import type { Command } from "commander";
import { UsageError } from "../usage-error.ts";

/** Adds the command `export`. */
export function addExport(program: Command, signal: AbortSignal): void {
  program
    .command("export")
    .description("Writes the messages of a recording or a stream for other tools, with the times of their frames.")
    .argument("<source>", "file or URL, anything FFmpeg reads")
    .requiredOption("--to <format>", "jsonl, vtt (a WebVTT metadata track) or csv")
    .option("--topic <topic>", "the messages of one topic only")
    .option("--profile <name...>", "how the messages were written; several may be given")
    .addHelpText(
      "after",
      `
Times are in seconds since the first frame. Losses go to the standard error.

Examples:
  $ inband export talk.mp4 --to jsonl > talk.jsonl
  $ inband export talk.mp4 --to vtt > talk.vtt        for <track kind="metadata" src="talk.vtt">
  $ inband export talk.mp4 --to csv --topic score > score.csv`,
    )
    .action(async (source: string, options: { to: string; topic?: string; profile?: string[] }) => {
      const { exportMessages, messageFormats } = await import("./export-messages.ts");
      const format = Object.hasOwn(messageFormats, options.to) ? messageFormats[options.to] : undefined;
      if (format === undefined) {
        throw new UsageError(`--to takes ${Object.keys(messageFormats).join(", ")}, and not ${options.to}.`);
      }
      const { topic, profile: profiles = [] } = options;
      await exportMessages({ source, format, profiles, ...(topic !== undefined && { topic }), signal });
    });
}
