import { ByteFeed } from "./byte-feed.ts";
import { checkPush, type PushOptions } from "./push-options.ts";
import type { MessageOf } from "./received-message.ts";
import type { SeiSubscriber } from "./sei-subscriber.ts";

const feeds = new WeakMap<object, ByteFeed>();

/**
 * Makes a subscriber read bytes that the application has at hand: from a file, a socket, a player of its own.
 *
 * A function and not a method, so that pages that read WebRTC do not load it (1.8 kB).
 *
 * @returns The messages that were delivered during the call. Messages that wait for their place in the order, or for a
 * schema, come through the event alone. Broken bytes are an `error` event; what precedes them is read.
 * @throws SubscribeError `closed`; TypeError or RangeError that names the option.
 *
 * @example
 * ```ts
 * for (const { value } of pushBytes(subscriber, bytes, { format: "annexb", timestamp })) console.log(value);
 * ```
 */
export function pushBytes<T, Topics extends object>(
  subscriber: SeiSubscriber<T, Topics>,
  bytes: Uint8Array,
  options: PushOptions,
): MessageOf<T, Topics>[] {
  checkPush(bytes, options);
  let feed = feeds.get(subscriber);
  if (feed === undefined || !feed.isOpen) {
    feed = new ByteFeed();
    subscriber.attach(feed);
    feeds.set(subscriber, feed);
  }
  const found: MessageOf<T, Topics>[] = [];
  const find = (message: MessageOf<T, Topics>): void => void found.push(message);
  subscriber.on("message", find);
  try {
    feed.push(bytes, options);
  } finally {
    subscriber.off("message", find);
  }
  return found;
}
