import { fstatSync, readFileSync } from "node:fs";
import { Command } from "commander";
import { CommandError } from "./command-error.ts";
import { addDoctor } from "./doctor/add-doctor.ts";
import { addExport } from "./export/add-export.ts";
import { print, tell } from "./output.ts";
import { parsePort } from "./parse-port.ts";
import { plainLines } from "./plain-text.ts";
import { addRecord } from "./record/add-record.ts";
import { tokenOption } from "./token-option.ts";

const profilesHelp = `
Profiles:
  inband            envelopes, with ids and topics
  ivs               bytes under the UUID of the Amazon IVS SDKs, as they write and read them; each line as its JSON
  ivs:envelope      the envelopes of inband under that UUID: with ids and topics, for readers that are inband
  stagesSei         JSON objects of stages_sei, a Python system for Amazon IVS stages
  seiModule[:TEXT]  JSON objects as SeiInjector, of a Python video pipeline, writes them; TEXT is the UUID, up to 16 letters
  raw:UUID          bytes under a UUID of yours; each line is written as its JSON`;

/** The commands and their options. Each ends when `signal` aborts; `failed` is told of one that did its work in vain. */
export function createProgram(signal: AbortSignal, failed: () => void): Command {
  const program = new Command("inband")
    .description("Messages that ride inside H.264 video.")
    .version(version(), "-V, --version", "print the version")
    .helpCommand(false)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => print(plainLines(text.replace(/\n$/, ""))),
      writeErr: (text) => tell(plainLines(text.replace(/\n$/, ""))),
      outputError: (text, write) => write(sentence(text)),
    })
    .showHelpAfterError("Run it with --help to see what it takes.")
    .addHelpText(
      "after",
      `
Examples:
  $ inband demo                                   live video with messages, on a page of this machine
  $ inband stage                                  a stage for WHIP, WHEP and the Amazon IVS SDK, with tokens for it
  $ inband publish talk.mp4 --to URL --token T    publishes each JSON line of the standard input in the video
  $ inband subscribe URL --token T --json         prints each message that comes in the video
  $ inband inspect recording.mp4 --lint           tells what is in a stream, and what is wrong with it
  $ inband export talk.mp4 --to vtt               writes its messages for other tools, with their times
  $ inband record URL --on "detection:person>0.7" records events, with what was before them
  $ inband doctor URL URL                         tells what happens to messages from the first to the second
  $ inband doctor --page                          a page with which a browser or a phone tests itself`,
    );

  program
    .command("help")
    .description("Tells what a command takes.")
    .argument("[command]")
    .addHelpText("after", "\nExamples:\n  $ inband help publish")
    .action(async (name: string | undefined) => {
      if (name === undefined) return program.help();
      const command = program.commands.find((known) => known.name() === name);
      if (command !== undefined) command.help();
      // Says that there is no such command, and which one may be meant.
      await program.parseAsync([name], { from: "user" });
    });

  program
    .command("demo")
    .description("Runs a stage, publishes video with messages to it, and serves a page that plays both.")
    .option("--port <number>", "port of the page on 127.0.0.1 (default: 8642, or the next free one)")
    .option("--input <file>", "video to show, any file FFmpeg reads, over and over (default: a moving test picture)")
    .option("--json", "print each received message as one line of JSON")
    .addHelpText(
      "after",
      `
Examples:
  $ inband demo
  $ inband demo --port 9000 --input holiday.mp4
  $ inband demo --json | jq .value`,
    )
    .action(async (options: { port?: string; input?: string; json?: boolean }) => {
      const port = options.port === undefined ? undefined : parsePort(options.port);
      const { runDemo } = await import("./demo/demo.ts");
      await runDemo({ port, input: options.input, json: options.json ?? false, signal });
    });

  program
    .command("stage")
    .description("Runs a real-time stage, which the Amazon IVS Web Broadcast SDK, WHIP and WHEP clients join.")
    .option("--port <number>", "port to listen on; 0 takes any free one", "8643")
    .option("--host <address>", "address of this machine to listen on; 0.0.0.0 for all", "127.0.0.1")
    .option("--participants <names>", "whom to print a token for, separated by commas", "alice,bob")
    .option("--hours <number>", "how long the tokens are valid", "24")
    .option("--cert <file>", "certificate chain in PEM, for https; with --key")
    .option("--key <file>", "private key of the certificate in PEM")
    .option("--secret <file>", "keeps the tokens valid when the stage is started again; made where it is not there")
    .option("--json", "print one line of JSON with the address and the tokens, then one for each participant's change")
    .addHelpText(
      "after",
      `
The tokens work in the Amazon IVS Web Broadcast SDK, as they are: new Stage(TOKEN, strategy).
They end with the command, or go on with the next one that has the same --secret.

Examples:
  $ inband stage
  $ inband stage --participants camera,viewer --json
  $ inband stage --secret stage.secret
  $ inband stage --host 0.0.0.0 --cert stage.pem --key stage-key.pem`,
    )
    .action(
      async (options: {
        port: string;
        host: string;
        participants: string;
        hours: string;
        cert?: string;
        key?: string;
        secret?: string;
        json?: boolean;
      }) => {
        const { runStage } = await import("./stage.ts");
        await runStage({ ...options, port: parsePort(options.port), json: options.json ?? false, signal });
      },
    );

  program
    .command("publish")
    .description("Publishes a video, with each JSON line of the standard input as a message in it.")
    .argument("<input>", "the video: a file FFmpeg reads, or `test` for a moving test picture")
    .requiredOption(
      "--to <url>",
      "what takes the video: WHIP, rtmp://, rtsp://, srt://, udp://, or a file .mp4, .ts, .flv, .mkv",
    )
    .addOption(tokenOption())
    .option("--profile <name>", "how messages are written (see below)", "inband")
    .option("--topic <name>", "topic of the messages")
    .option("--loop", "play a file over and over; ends with the standard input")
    .option("--no-reconnect", "end when the stage is lost, rather than to wait a minute for it")
    .addHelpText(
      "after",
      `
Prints one line of JSON for each line read: the receipt, when the message has left.
A file is sent once, in real time, and the command ends with it. The test picture ends with the standard input.
${profilesHelp}
Only inband and ivs:envelope have topics. stagesSei and seiModule take objects, stagesSei strings too.

Examples:
  $ echo '{"text":"hello"}' | inband publish test --to http://127.0.0.1:8642/publish/me --token T
  $ detector | inband publish camera.mp4 --to URL --token T --topic detections
  $ detector | inband publish camera.mp4 --to rtmp://server/live/key
  $ detector | inband publish camera.mp4 --to URL --token T --profile seiModule:MY_CAMERA`,
    )
    .action(
      async (
        input: string,
        options: {
          to: string;
          token?: string;
          profile: string;
          topic?: string;
          loop?: boolean;
          reconnect: boolean;
        },
      ) => {
        if (input === "-") throw new CommandError("The standard input of publish is for messages: name a file.");
        const { runPublish } = await import("./publish.ts");
        await runPublish({ ...options, input, loop: options.loop ?? false, signal });
      },
    );

  program
    .command("subscribe")
    .description("Prints the messages that come in a video: from a stage by WHEP, or from a file.")
    .argument("<source>", "WHEP address or STAGE/NAME/messages (http, https), a file FFmpeg reads, or - for stdin")
    .addOption(tokenOption())
    .option("--topic <name>", "only the messages of this topic")
    .option(
      "--profile <name>",
      "how messages are read; may be given several times (default: inband, ivs:envelope and ivs)",
      collect,
    )
    .option("--json", "print each message as one line of JSON")
    .option("--no-reconnect", "end when the stage or the publisher is lost, rather than to wait a minute for it")
    .addHelpText(
      "after",
      `
Ends when the publisher does. If the stage or the publisher disappears, waits up to a minute for it to come back.
${profilesHelp}

Examples:
  $ inband subscribe http://127.0.0.1:8642/subscribe/demo --token T --json
  $ inband subscribe http://127.0.0.1:8642/demo/messages --token T --json    without the video
  $ inband subscribe recording.mp4 --topic chat
  $ inband subscribe recording.mp4 --profile inband --profile stagesSei --json`,
    )
    .action(
      async (
        source: string,
        options: {
          token?: string;
          topic?: string;
          json?: boolean;
          profile?: readonly string[];
          reconnect: boolean;
        },
      ) => {
        const { profile: profiles = [], ...rest } = options;
        const { runSubscribe } = await import("./subscribe.ts");
        await runSubscribe({ ...rest, source: readable(source), profiles, json: options.json ?? false, signal });
      },
    );

  program
    .command("inspect")
    .description("Tells what is in H.264: access units, NAL units, SEI messages, user data, and what is broken.")
    .argument("<input>", "a file (byte stream, MP4, MOV, MKV, MPEG-TS, FLV, framed RTP), a URL that FFmpeg reads, or -")
    .option("--json", "print one object of JSON")
    .option("--lint", "add every rule of the standards that is broken, by clause")
    .addHelpText(
      "after",
      `
A file, or standard input, that is broken, empty or not H.264 is reported like any other. What is not there is an error.
With --lint, errors among the findings make the exit code 1.
Ctrl-C ends reading and prints what has been read.

Examples:
  $ inband inspect recording.264
  $ inband inspect camera.mp4 --lint
  $ inband inspect packets.rfc4571 --json | jq .sei
  $ curl -s URL | inband inspect -`,
    )
    .action(async (input: string, options: { json?: boolean; lint?: boolean }) => {
      const { runInspect } = await import("./inspect/run-inspect.ts");
      const { hasErrors } = await runInspect({
        input: readable(input),
        json: options.json ?? false,
        lint: options.lint ?? false,
        signal,
      });
      if (options.lint && hasErrors) failed();
    });

  addExport(program, signal);
  addRecord(program, signal);
  addDoctor(program, signal, failed);
  return program;
}

/** What `-` stands for: a file that was redirected is read where its parts are, a pipe from its beginning. */
function readable(input: string): string {
  if (input !== "-") return input;
  return process.platform !== "win32" && fstatSync(0).isFile() ? "/dev/stdin" : "pipe:0";
}

function version(): string {
  const manifest: { version: string } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
  return manifest.version;
}

/** Commander's own words ("error: unknown command 'x'") as a sentence. */
function sentence(text: string): string {
  const plain = text.replace(/^error: /, "");
  return plain.charAt(0).toUpperCase() + plain.slice(1);
}

function collect(value: string, values: readonly string[] = []): string[] {
  return [...values, value];
}
