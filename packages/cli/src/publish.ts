import { createInterface } from "node:readline";
import { type Publication, SeiPublisher } from "@inband/publisher";
import { encodeJson, type Profile } from "@inband/wire";
import { CommandError } from "./command-error.ts";
import { profileToWrite } from "./profiles.ts";
import { publishByWhip } from "./publish-by-whip.ts";
import { openVideo } from "./video-input.ts";

/** What `inband publish` takes. */
export interface PublishOptions {
  /** A file, or `test`. */
  readonly input: string;
  readonly loop: boolean;
  /** WHIP address. */
  readonly to: string;
  readonly token?: string;
  /** A name, as `profileToWrite` takes it. */
  readonly profile: string;
  readonly topic?: string;
  readonly signal: AbortSignal;
}

/** Publishes a video and, in it, each JSON line of the standard input; prints one line of JSON for each. */
export async function runPublish(options: PublishOptions): Promise<void> {
  const { input, loop, to, token, topic, signal } = options;
  const profile = profileToWrite(options.profile);
  if (topic !== undefined && profile.encoding !== "envelope") {
    throw new CommandError(`--topic goes with the profiles inband and ivs: ${profile.name} has no topics.`);
  }
  if (!URL.canParse(to) || !/^https?:$/.test(new URL(to).protocol)) {
    throw new CommandError(`--to takes an http or https address, not "${to}".`);
  }

  await using video = await openVideo({ input, loop, signal });
  await using published = await publishByWhip({ url: to, token, signal });
  using publisher = new SeiPublisher({ profile });
  publisher.attach(published.video);

  const inputOver = new AbortController();
  const ending = AbortSignal.any([signal, published.lost, inputOver.signal]);
  const messages = publishLines(publisher, profile, topic, ending).then((refused) => {
    if (video.isEndless) inputOver.abort();
    return refused;
  });
  await video.play(published.video, ending);
  inputOver.abort();
  const refused = await messages;
  if (published.lost.aborted && !signal.aborted) throw published.lost.reason;
  if (refused > 0) throw new CommandError(`${refused} ${refused === 1 ? "line was" : "lines were"} not published.`);
}

/** Publishes line by line until the standard input or the video ends. Returns how many lines could not be published. */
async function publishLines(
  publisher: SeiPublisher,
  profile: Profile,
  topic: string | undefined,
  ending: AbortSignal,
): Promise<number> {
  const lines = createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY });
  const close = () => lines.close();
  ending.addEventListener("abort", close, { once: true });
  const receipts: Promise<void>[] = [];
  let refused = 0;
  let number = 0;
  for await (const line of lines) {
    if (ending.aborted) break;
    number += 1;
    if (line.trim() === "") continue;
    try {
      const value: unknown = JSON.parse(line);
      const message = profile.encoding === "raw" ? encodeJson(value) : value;
      receipts.push(printReceipt(publisher.publish(message, topic === undefined ? {} : { topic })));
    } catch (error) {
      refused += 1;
      const reason = error instanceof SyntaxError ? "not JSON" : (error as Error).message;
      console.log(JSON.stringify({ outcome: "refused", line: number, reason }));
    }
  }
  await Promise.race([Promise.all(receipts), aborted(ending)]);
  // Each line has its receipt, also those that the end of the video leaves waiting.
  publisher.close();
  await Promise.all(receipts);
  process.stdin.destroy();
  return refused;
}

async function printReceipt({ sent }: Publication): Promise<void> {
  console.log(JSON.stringify(await sent));
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
}
