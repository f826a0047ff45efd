import type { MediaPacket } from "@inband/h264";
import { openSource } from "@inband/media";
import { accessUnitFeed, SeiSubscriber } from "@inband/subscriber";
import { CommandError } from "./command-error.ts";
import { drained, tell } from "./output.ts";
import { profileOf, profilesReadByDefault } from "./profiles.ts";
import { subscribeByWhep } from "./subscribe-by-whep.ts";
import { tellEvents } from "./tell-events.ts";
import { messagePrinter } from "./terminal.ts";
import { videoEnd } from "./video-end.ts";

/** What `inband subscribe` takes. */
export interface SubscribeOptions {
  /** WHEP address, or a file. */
  readonly source: string;
  readonly token?: string;
  /** Names, as `profileOf` takes them; none for the default. */
  readonly profiles: readonly string[];
  readonly topic?: string;
  readonly json: boolean;
  readonly signal: AbortSignal;
}

/** Prints the messages of a video until it ends. */
export async function runSubscribe(options: SubscribeOptions): Promise<void> {
  const { source, token, topic, json, signal } = options;
  const names = options.profiles.length > 0 ? options.profiles : profilesReadByDefault;
  using subscriber = new SeiSubscriber({ profiles: names.map(profileOf) });
  const print = messagePrinter(json);
  subscriber.on("message", (message) => {
    if (topic === undefined || message.topic === topic) print(message);
  });
  tellEvents(subscriber, topic);

  if (/^https?:\/\//i.test(source)) {
    await using received = await subscribeByWhep({ url: source, token, subscriber, signal });
    const { isUnexpected } = await videoEnd(subscriber, AbortSignal.any([signal, received.lost]));
    if (signal.aborted) return;
    received.lost.throwIfAborted();
    await received.leave();
    if (isUnexpected) throw new CommandError("The video has stopped: its publisher has gone without a word.");
    tell("The video has ended.");
    return;
  }

  await using file = await openSource(source, { signal });
  await new Promise<void>((resolve, reject) => {
    subscriber.attach(accessUnitFeed(telling(file, resolve, reject), { name: "file", stream: source }));
  });
}

/** The packets, and word of how they ended: a feed says so to nobody. */
async function* telling(
  packets: AsyncIterable<MediaPacket>,
  ended: () => void,
  failed: (error: unknown) => void,
): AsyncGenerator<MediaPacket> {
  try {
    for await (const packet of packets) {
      yield packet;
      // A file is read no faster than what is in it is taken.
      await drained();
    }
    ended();
  } catch (error) {
    failed(error);
  }
}
