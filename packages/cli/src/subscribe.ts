import { openSource } from "@inband/media";
import { SeiSubscriber } from "@inband/subscriber";
import { inband, ivs } from "@inband/wire";
import { accessUnitFeed } from "./access-unit-feed.ts";
import { subscribeByWhep } from "./subscribe-by-whep.ts";
import { messagePrinter } from "./terminal.ts";

/** What `inband subscribe` takes. */
export interface SubscribeOptions {
  /** WHEP address, or a file. */
  readonly source: string;
  readonly token?: string;
  readonly topic?: string;
  readonly json: boolean;
  readonly signal: AbortSignal;
}

/** Prints the messages of a video until it ends. */
export async function runSubscribe({ source, token, topic, json, signal }: SubscribeOptions): Promise<void> {
  using subscriber = new SeiSubscriber({ profiles: [inband(), ivs({ envelope: true }), ivs()] });
  const print = messagePrinter(json);
  subscriber.on("message", (message) => {
    if (topic === undefined || message.topic === topic) print(message);
  });
  subscriber.on("error", (error) => console.error(error.message));

  if (/^https?:\/\//i.test(source)) {
    await using received = await subscribeByWhep({ url: source, token, subscriber, signal });
    await new Promise((resolve) => AbortSignal.any([signal, received.lost]).addEventListener("abort", resolve));
    if (!signal.aborted) throw received.lost.reason;
    return;
  }

  await using file = await openSource(source, { signal });
  const { feed, push } = accessUnitFeed(source);
  using _attachment = subscriber.attach(feed);
  for await (const packet of file) if (packet.kind === "video") push(packet);
}
