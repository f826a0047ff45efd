import type { Command } from "commander";
import { parsePort } from "../parse-port.ts";
import { tokenOption } from "../token-option.ts";
import { UsageError } from "../usage-error.ts";

/** Adds the command `doctor`. `failed` is told of a path that lost something. */
export function addDoctor(program: Command, signal: AbortSignal, failed: () => void): void {
  program
    .command("doctor")
    .description("Tells what a path does to messages, hop by hop; without addresses, what this machine can do.")
    .argument("[url...]", "where to send the video, then each end where it is read back, in the order of the path")
    .addOption(tokenOption())
    .option("--input <file>", "video to send, any file FFmpeg reads, over and over (default: a moving test picture)")
    .option("--within <seconds>", "how long it may take, from 3 to 120", "10")
    .option("--page", "serve a page with which a browser or a phone tests what it does with messages")
    .option("--port <number>", "port of the page; 0 takes any free one", "8644")
    .option(
      "--host <address>",
      "address of this machine to serve the page on; 0.0.0.0 for all, so that a phone reaches it",
      "127.0.0.1",
    )
    .option("--cert <file>", "certificate chain in PEM, for a page by https; with --key")
    .option("--key <file>", "private key of the certificate in PEM")
    .option("--json", "print one object of JSON; of the page, one line for each browser")
    .exitOverride((error) => {
      if (error.exitCode !== 0) error.exitCode = 2;
      throw error;
    })
    .addHelpText(
      "after",
      `
Sends numbered messages of 0 to 1000 bytes, of awkward contents, under several UUIDs and in several positions, and says
of each end: kept, truncated, changed, stripped, merged, moved, doubled, reordered, and whether the pictures suffered.

The first address takes the video: WHIP (http, https), rtmp(s)://, rtsp://, srt://, udp://, or a file. The others play
it: WHEP, rtmp://, rtsp://, srt://, HLS (.m3u8) and other media over http, udp://, or a file. A file that is there already
is never written over.

The page tells what the browser has, publishes a picture with numbered messages through a stage, receives them and
those of a publisher in Node, and shows what arrived: how many, once, byte for byte, and on the right frame.

Ends with 0 where every message was kept, 1 where something was lost, 2 where it was called wrongly.

Examples:
  $ inband doctor
  $ inband doctor new.mp4                         writes a file, and reads it back
  $ inband doctor --page --host 0.0.0.0           prints a QR code for a phone on the same network
  $ inband doctor rtmp://server/live/key rtmp://server/live/key https://server/hls/key.m3u8
  $ inband doctor http://127.0.0.1:8643/publish/me http://127.0.0.1:8643/subscribe/me --token T`,
    )
    .action(async (urls: readonly string[], options: Options) => {
      const { page = false, port, host, cert, key, json = false, within, token, input } = options;
      if (page) {
        if (urls.length > 0) throw new UsageError("--page takes no addresses: the page has a stage of its own.");
        const { runSelfTest } = await import("../self-test/run-self-test.ts");
        await runSelfTest({ host, port: parsePort(port), cert, key, json, signal });
        return;
      }
      const { runDoctor } = await import("./run-doctor.ts");
      const withinMs = 1000 * parseSeconds(within);
      if (!(await runDoctor({ urls, token, input, withinMs, json, signal }))) failed();
    });
}

interface Options {
  readonly page?: boolean;
  readonly port: string;
  readonly host: string;
  readonly cert?: string;
  readonly key?: string;
  readonly json?: boolean;
  readonly within: string;
  readonly token?: string;
  readonly input?: string;
}

function parseSeconds(text: string): number {
  const seconds = Number(text);
  if (text.trim() === "" || !(seconds >= 3 && seconds <= 120)) {
    throw new UsageError(`--within takes a number of seconds from 3 to 120, not "${text}".`);
  }
  return seconds;
}
