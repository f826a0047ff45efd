import { createInterface } from "node:readline";
import { type Publication, SeiPublisher } from "@inband/publisher";
import { ConnectError } from "@inband/werift";
import { encodeJson, type Profile, parseExactJson } from "@inband/wire";
import { CommandError } from "./command-error.ts";
import { LeavingVideo } from "./leaving-video.ts";
import { print, tell } from "./output.ts";
import { jsonLine } from "./plain-text.ts";
import { profileOf } from "./profiles.ts";
import { isDestination, isHttp, publishTo, unknownDestination } from "./publish-to.ts";
import { refuseCredentials } from "./refuse-credentials.ts";
import { tellError } from "./tell-error.ts";
import { openVideo } from "./video-input.ts";
import { WaitingLines } from "./waiting-lines.ts";

/** What `inband publish` takes. */
export interface PublishOptions {
  /** A file, or `test`. */
  readonly input: string;
  readonly loop: boolean;
  /** WHIP address, or what `openSink` writes. */
  readonly to: string;
  readonly token?: string;
  /** A name, as `profileOf` takes it. */
  readonly profile: string;
  readonly topic?: string;
  /** Whether a stage that is lost is joined again. */
  readonly reconnect: boolean;
  readonly signal: AbortSignal;
}

/** A line waits for its turn rather than to be dropped: a machine that encodes slowly sends fewer frames to carry it. */
const lineExpiresAfterMs = 30_000;

/** Publishes a video and, in it, each JSON line of the standard input; prints one line of JSON for each. */
export async function runPublish(options: PublishOptions): Promise<void> {
  const { input, loop, to, token, topic, reconnect: reconnects, signal } = options;
  const profile = profileOf(options.profile);
  if (topic !== undefined && profile.encoding !== "envelope") {
    throw new CommandError(`--topic goes with the profiles inband and ivs:envelope: ${profile.name} has no topics.`);
  }
  if (!isDestination(to)) throw new CommandError(unknownDestination(to));
  refuseCredentials(to);

  await using video = await openVideo({ input, loop, signal });
  await using published = await publishTo({ url: to, token, hasSound: video.hasSound, reconnects, signal });
  if (video.encodedAgain !== undefined) tell(video.encodedAgain);
  const isSilent = !video.hasSound && video.soundless === undefined;
  if (!isHttp(to) && !isSilent) tell("The sound is left out: only WHIP takes it.");
  else if (video.soundless !== undefined) tell(video.soundless);
  using publisher = new SeiPublisher({ profile });
  publisher.on("error", (error) => {
    // The loss of the connection is told where that is kept.
    if (!(error instanceof ConnectError) && !published.lost.aborted) tellError(error);
  });
  publisher.on("stalled", () => tell("Messages wait: the video has given no picture for a second."));
  publisher.attach(published.video);

  const { lost } = published;
  const videoOver = new AbortController();
  const ending = AbortSignal.any([signal, lost, videoOver.signal]);
  const leaving = new LeavingVideo(published, video, ending);
  const stop = new AbortController();
  const played = video.play(leaving, stop.signal).finally(() => videoOver.abort());
  played.catch(() => undefined);
  const refused = await publishLines(publisher, { profile, topic, begun: leaving.begun, ending });
  if (!video.isEndless && !ending.aborted) await played;
  if (!lost.aborted) await leaving.leave();
  stop.abort();
  await played;
  if (signal.aborted) return;
  if (lost.aborted) throw lost.reason;
  if (refused > 0) throw new CommandError(unpublished(refused));
}

function unpublished(lines: number): string {
  const sentence = `${lines} ${lines === 1 ? "line was" : "lines were"} not published.`;
  return process.stdin.readableEnded ? sentence : `${sentence} The rest of the standard input was not read.`;
}

/**
 * Publishes line by line until the standard input or the video ends; each line read is answered by a line of JSON.
 * Returns how many lines could not be published.
 */
async function publishLines(
  publisher: SeiPublisher,
  {
    profile,
    topic,
    begun,
    ending,
  }: {
    profile: Profile;
    topic: string | undefined;
    /** The first line waits for it. */
    begun: Promise<void>;
    ending: AbortSignal;
  },
): Promise<number> {
  const input = createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY });
  ending.addEventListener("abort", () => input.close(), { once: true });
  // Lines that come before anybody iterates are lost.
  const lines = input[Symbol.asyncIterator]();
  const waiting = new WaitingLines(profile, ending);
  let refused = 0;
  let number = 0;
  const refuse = (reason: string) => {
    refused += 1;
    print(jsonLine({ outcome: "refused", line: number, reason }));
  };
  await begun;
  for await (const line of lines) {
    number += 1;
    if (line.trim() === "") continue;
    try {
      const value = parseExactJson(line);
      const message = profile.encoding === "raw" ? encodeJson(value) : value;
      const bytes = Buffer.byteLength(line);
      await waiting.room(bytes);
      if (ending.aborted) refuse("the video has ended");
      else {
        const options = { expiresAfterMs: lineExpiresAfterMs, ...(topic === undefined ? {} : { topic }) };
        void waiting.add(bytes, printReceipt(publisher.publish(message, options), number));
      }
    } catch (error) {
      refuse(error instanceof SyntaxError ? "not JSON" : (error as Error).message);
    }
  }
  await waiting.all();
  // Each line has its receipt, also those that the end of the video leaves waiting: they settle as this closes.
  publisher.close();
  process.stdin.destroy();
  return refused;
}

async function printReceipt({ sent }: Publication, line: number): Promise<void> {
  print(jsonLine({ ...(await sent), line }));
}
