import { type CarrierLimits, checkLimits, checkOptions, type SeiCarrier } from "@inband/stream";
import { ChannelQueue } from "./channel-queue.ts";
import { type NativeDataChannel, sendingChannel, type WebDataChannel } from "./data-channel.ts";

/** What a data channel takes: 256 KiB in a message, as browsers and werift do, and 1 MiB in a second. */
export const dataChannelLimits: CarrierLimits = { bytesPerAccessUnit: 262_144, bytesPerSecond: 1_048_576 };

/** Settings of a `dataChannelCarrier`. */
export interface DataChannelCarrierOptions {
  /**
   * Names the carrier in receipts.
   *
   * @defaultValue `data-channel`
   */
  readonly name?: string;
  /**
   * `bytesPerSecond` applies to each publisher; a data channel has no access units.
   *
   * @defaultValue `dataChannelLimits`
   */
  readonly limits?: CarrierLimits;
  /**
   * How much the channel's own buffer may hold before messages wait outside it, in bytes.
   *
   * @defaultValue 65536
   */
  readonly maxBufferedBytes?: number;
}

const optionNames: ReadonlySet<string> = new Set([
  "name",
  "limits",
  "maxBufferedBytes",
] satisfies (keyof DataChannelCarrierOptions)[]);

/**
 * Sends the messages over a data channel: a browser's, werift's or node-datachannel's. Each message of the channel is
 * the UUID of the profile and what would have followed it in the SEI message; `dataChannelFeed` reads it.
 *
 * Each message goes once, so take a reliable channel. Towards a peer that takes no H.264 this is the carrier to use;
 * beside a video carrier it is the faster of two, and a subscriber with both feeds delivers each message once. A message
 * that comes this way first refers to no frame. Messages wait for the channel to open and for room in its buffer until
 * they expire; on a channel that is closed they are `dropped`.
 *
 * It sets the channel's `bufferedAmountLowThreshold` to half of `maxBufferedBytes`.
 *
 * @throws TypeError when `channel` is not a data channel; RangeError for options out of range.
 *
 * @example
 * ```ts
 * publisher.attach(dataChannelCarrier(pc.createDataChannel("messages")));
 * ```
 */
export function dataChannelCarrier(
  channel: WebDataChannel | NativeDataChannel,
  options: DataChannelCarrierOptions = {},
): SeiCarrier {
  checkOptions(options, optionNames);
  const { name = "data-channel", limits = dataChannelLimits, maxBufferedBytes = 65_536 } = options;
  if (!(maxBufferedBytes >= 1 && maxBufferedBytes <= 16_777_216)) {
    throw new RangeError(`maxBufferedBytes: expected 1 to 16777216, got ${maxBufferedBytes}`);
  }
  checkLimits(limits);
  const sending = sendingChannel(channel);
  const queues = new Set<ChannelQueue>();
  let stopListening: (() => void) | undefined;
  const listen = (): (() => void) =>
    sending.listen(
      {
        ready: () => {
          for (const queue of queues) queue.send();
        },
        closed: () => {
          for (const queue of queues) queue.close();
        },
      },
      maxBufferedBytes >> 1,
    );
  return {
    name,
    limits,
    open(events, own = limits) {
      const queue = new ChannelQueue(sending, events, own, maxBufferedBytes);
      queues.add(queue);
      stopListening ??= listen();
      return {
        offer: (message) => queue.offer(message),
        withdraw: (messageId) => queue.withdraw(messageId),
        [Symbol.dispose]() {
          queue.close();
          if (!queues.delete(queue) || queues.size > 0) return;
          stopListening?.();
          stopListening = undefined;
        },
      };
    },
  };
}
