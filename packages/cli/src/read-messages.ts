import type { MediaPacket } from "@inband/h264";
import { accessUnitFeed, type SeiSubscriber } from "@inband/subscriber";
import { drained } from "./output.ts";

/**
 * Hands a subscriber the messages in a source until it ends. A file is read no faster than what is printed of it is taken.
 *
 * @param stream Names it in the messages.
 * @param seen Called with each packet before its messages are read.
 * @throws What the source throws: a feed says so to its subscriber alone.
 */
export function readMessages(
  subscriber: SeiSubscriber<unknown>,
  packets: AsyncIterable<MediaPacket>,
  stream: string,
  seen: (packet: MediaPacket) => void = () => {},
): Promise<void> {
  return new Promise((resolve, reject) => {
    const telling = async function* (): AsyncGenerator<MediaPacket> {
      try {
        for await (const packet of packets) {
          seen(packet);
          yield packet;
          await drained();
        }
        resolve();
      } catch (error) {
        reject(error);
      }
    };
    subscriber.attach(accessUnitFeed(telling(), { name: "file", stream }));
  });
}
