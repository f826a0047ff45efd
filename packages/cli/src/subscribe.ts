import { setTimeout as sleep } from "node:timers/promises";
import type { MediaPacket } from "@inband/h264";
import { openSource } from "@inband/media";
import { accessUnitFeed, SeiSubscriber } from "@inband/subscriber";
import { CommandError } from "./command-error.ts";
import { drained, tell } from "./output.ts";
import { profileOf, profilesReadByDefault } from "./profiles.ts";
import { type ReceivedVideo, subscribeByWhep } from "./subscribe-by-whep.ts";
import { tellEvents } from "./tell-events.ts";
import { messagePrinter } from "./terminal.ts";

const firstVideoWithinMs = 15_000;
/** WebRTC has no end of stream, and a peer that leaves is not told apart from one that is silent. */
const endedAfterMs = 5_000;

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
    await untilSilent(received, AbortSignal.any([signal, received.lost]));
    if (signal.aborted) return;
    received.lost.throwIfAborted();
    await received.leave();
    tell(`The video has ended: none has come for ${endedAfterMs / 1000} seconds.`);
    return;
  }

  await using file = await openSource(source, { signal });
  const { promise: ended, resolve, reject } = Promise.withResolvers<void>();
  using _attachment = subscriber.attach(
    accessUnitFeed(telling(file, resolve, reject), { name: "file", stream: source }),
  );
  await ended;
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

/**
 * Resolves when no video has come for a while, or when `signal` aborts.
 *
 * @throws CommandError when none has come at all.
 */
async function untilSilent(received: ReceivedVideo, signal: AbortSignal): Promise<void> {
  let seen = 0;
  let movedAt = performance.now();
  while (!signal.aborted) {
    await sleep(250, undefined, { signal }).catch(() => undefined);
    const { packets } = received;
    const silentMs = performance.now() - movedAt;
    if (packets !== seen) {
      seen = packets;
      movedAt = performance.now();
    } else if (seen === 0 && silentMs > firstVideoWithinMs) {
      throw new CommandError(
        `The stage took the subscription, but no video came within ${firstVideoWithinMs / 1000} seconds.`,
      );
    } else if (seen > 0 && silentMs > endedAfterMs) {
      return;
    }
  }
}
