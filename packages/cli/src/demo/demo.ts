import { type Publication, PublishError, SeiPublisher } from "@inband/publisher";
import { receiveMessages } from "@inband/stage/client";
import { createStage } from "@inband/stage/server";
import { SeiSubscriber } from "@inband/subscriber";
import { CommandError } from "../command-error.ts";
import { keepStage } from "../kept-stage.ts";
import { print, tell } from "../output.ts";
import { pageFiles } from "../page-files.ts";
import { publishByWhip } from "../publish-by-whip.ts";
import { tellEvents } from "../tell-events.ts";
import { messagePrinter } from "../terminal.ts";
import { openPictures, openVideo } from "../video-input.ts";
import { createDemoApp, demoParticipant } from "./app.ts";
import { defaultPort, listen } from "./listen.ts";
import { livePicture } from "./picture/live-picture.ts";
import { runProgramme } from "./programme.ts";

/** Drawing and encoding it takes about a fifth of one core. */
const size = { width: 1280, height: 720, framerate: 30 };

/** A token that was copied serves for a day's tries. */
const guestTokenSeconds = 24 * 60 * 60;

/** How the demo runs. */
export interface DemoOptions {
  /** Port on 127.0.0.1; 0 takes any. Default: 8642 or the next free one. */
  readonly port: number | undefined;
  /** A video file, played over and over. Default: a moving test picture. */
  readonly input: string | undefined;
  /** Whether messages are printed as JSON and everything else goes to the standard error. */
  readonly json: boolean;
  /** Ends the demo. */
  readonly signal: AbortSignal;
}

/**
 * Publishes video with messages to a stage of its own, serves the page that plays both, and prints what a subscriber
 * in this process receives. Resolves when `signal` has ended it and everything is closed.
 *
 * @throws CommandError, MediaError, EncoderError: what the user can put right.
 */
export async function runDemo({ port, input, json, signal }: DemoOptions): Promise<void> {
  const say = json ? tell : print;
  const page = await pageFiles();
  const stage = createStage();
  await using _stage = { [Symbol.asyncDispose]: () => stage.close() };

  using publisher = new SeiPublisher();
  let live = false;
  let url = "";
  const app = createDemoApp({
    stage,
    page,
    url: () => url,
    chat: (line) => (live ? publisher.publish(line, { topic: "chat" }).id : undefined),
  });
  await using server = await listen(app, stage, port);
  url = server.url;

  await using video =
    input === undefined
      ? await openPictures("moving test picture", size, (ended) => livePicture({ ...size, signal: ended }))
      : await openVideo({ input, loop: true, signal });
  await using published = await publishByWhip({
    url: `${url}/publish/${demoParticipant}`,
    token: await stage.createToken({ participantId: demoParticipant, capabilities: { allow_publish: true }, url }),
    reconnects: true,
    signal,
  });
  publisher.attach(published.video);
  live = true;

  using subscriber = new SeiSubscriber();
  subscriber.on("message", messagePrinter(json));
  tellEvents(subscriber);
  const terminal = {
    url: `${url}/subscribe/${demoParticipant}`,
    token: await stage.createToken({ participantId: "terminal", capabilities: { allow_subscribe: true }, url }),
  };
  await using received = await keepStage({
    reconnects: true,
    signal,
    connect: (ending) => receiveMessages(subscriber, "werift", { ...terminal, signal: ending }),
  });

  if (server.isSecondChoice) say(`Port ${defaultPort} is taken, so the page is on ${new URL(server.url).port}.`);
  const guest = await stage.createToken({
    participantId: "guest",
    capabilities: { allow_publish: true, allow_subscribe: true },
    url,
    expiresInSeconds: guestTokenSeconds,
  });
  say(banner(url, video.description, guest));

  let newest: number | undefined;
  const lost = AbortSignal.any([published.lost, received.lost]);
  const over = new AbortController();
  const ending = AbortSignal.any([signal, lost, over.signal]);
  const programme = runProgramme({
    signal: ending,
    timestamp: () => newest,
    say: (topic, value, options) => void publishLive(() => publisher.publish(value, { topic, ...options })),
  });
  try {
    await video.play(
      {
        write: (accessUnit) => {
          newest = accessUnit.timestamp;
          published.video.write(accessUnit);
        },
        connectEncoder: (encoder) => published.video.connectEncoder(encoder),
      },
      ending,
    );
    if (!signal.aborted) throw lost.aborted ? lost.reason : new CommandError("The video has ended.");
  } finally {
    over.abort();
    await programme;
  }
}

/** What does not fit now is left out: the next word follows soon. */
function publishLive(publish: () => Publication): void {
  try {
    publish();
  } catch (error) {
    if (!(error instanceof PublishError)) throw error;
  }
}

function banner(url: string, video: string, token: string): string {
  return `
  inband demo

  Page       ${url}
  Video      ${video}
  Messages   chat, clock and transcript ride inside it; a subscriber prints them here

  From another shell, with a token for this demo alone:

    export INBAND_TOKEN=${token}
    npx inband subscribe ${url}/subscribe/${demoParticipant} --json
    npx inband publish test --to ${url}/publish/guest

  Ctrl-C ends it.
`;
}
