import { type MediaPacket, splitFramed } from "@inband/h264";
import { readSei, type SeiFeed, type SeiSink } from "@inband/stream";
import { checkOptions } from "./checked-options.ts";
import { expectThat } from "./expect-that.ts";

/** Options of {@link accessUnitFeed}. */
export interface AccessUnitFeedOptions {
  /**
   * Name of the feed.
   *
   * @defaultValue "access-units"
   */
  readonly name?: string;
  /**
   * Names the encoded stream.
   *
   * @defaultValue "video"
   */
  readonly stream?: string;
}

/**
 * The messages in access units from anywhere: a file, a source of `@inband/media`, the input of a decoder. They are read at
 * the pace at which they arrive, while the feed is attached; audio is skipped. Messages get the `timestamp` of their access
 * unit.
 *
 * @throws TypeError if `packets` is not an async iterable.
 */
export function accessUnitFeed(packets: AsyncIterable<MediaPacket>, options: AccessUnitFeedOptions = {}): SeiFeed {
  checkOptions(options, "name, stream");
  const { name = "access-units", stream = "video" } = options;
  if (typeof packets?.[Symbol.asyncIterator] !== "function") {
    throw new TypeError(`packets: expected an async iterable of access units, got ${typeof packets}`);
  }
  return {
    name,
    open(sink) {
      const iterator = packets[Symbol.asyncIterator]();
      const reading = { isEnded: false };
      void read(iterator, sink, stream, reading);
      return {
        [Symbol.dispose]() {
          if (reading.isEnded) return;
          reading.isEnded = true;
          // A generator that is awaiting something answers after that; nobody waits for it.
          iterator.return?.()?.catch(() => {});
        },
      };
    },
  };
}

async function read(
  iterator: AsyncIterator<MediaPacket>,
  sink: SeiSink,
  stream: string,
  reading: { isEnded: boolean },
): Promise<void> {
  try {
    while (!reading.isEnded) {
      const next = await iterator.next();
      if (reading.isEnded) return;
      if (next.done) break;
      const packet = next.value;
      if (packet.kind !== "video") continue;
      const { nalUnits, timestamp, isKeyFrame } = packet;
      const expected = "access units with nalUnits, timestamp in microseconds, and isKeyFrame";
      expectThat(Array.isArray(nalUnits), "packets", expected, typeof nalUnits);
      const place = { stream, timestamp, isKeyFrame };
      for (const framed of nalUnits) for (const nal of splitFramed(framed, "never")) readSei(sink, nal, place);
      sink.accessUnits(1);
    }
  } catch (error) {
    if (!reading.isEnded) sink.failed(error instanceof Error ? error : new Error(String(error), { cause: error }));
  }
  if (reading.isEnded) return;
  reading.isEnded = true;
  sink.ended("end-of-media");
}
