/**
 * The worker of `@inband/subscriber/browser`, self-contained. That entry point starts it from a Blob. Build this file into
 * your site and pass `new Worker(url)` as the option `worker` only if a Content-Security-Policy forbids workers from Blobs.
 * One worker serves all receivers of a page.
 *
 * @module
 */
import { FrameReader } from "./frame-reader.ts";
import type { FeedTransformOptions, PageMessage, WorkerMessage } from "./protocol.ts";

const readers = new Map<number, FrameReader>();
const post = (message: WorkerMessage): void => postMessage(message);

function readerOf(feed: number): FrameReader {
  let reader = readers.get(feed);
  if (!reader) {
    reader = new FrameReader(feed, post);
    readers.set(feed, reader);
  }
  return reader;
}

addEventListener("rtctransform", ({ transformer }) => {
  const options: Partial<FeedTransformOptions> | undefined = transformer.options;
  if (options?.kind !== "feed" || options.feed === undefined) return;
  const { feed, attempts } = options;
  const reader = readerOf(feed);
  reader.connect(transformer.readable, transformer.writable);
  if (attempts) watch(reader, feed, attempts);
});

function watch(reader: FrameReader, feed: number, attempts: number): void {
  const { passedFrames } = reader;
  setTimeout(() => {
    if (reader.passedFrames === passedFrames) post({ kind: "feed-starved", feed, attempts: attempts - 1 });
    else if (attempts > 1) watch(reader, feed, attempts - 1);
  }, 1000);
}

addEventListener("message", ({ data }: MessageEvent<PageMessage>) => {
  switch (data?.kind) {
    case "feed-hello":
      return post({ kind: "feed-ready" });
    case "feed-open":
      return readerOf(data.feed).open();
    case "feed-close":
      return readerOf(data.feed).close();
    case "feed-end":
      readerOf(data.feed).close();
      readers.delete(data.feed);
      return;
    case "feed-streams":
      return readerOf(data.feed).connect(data.readable, data.writable);
  }
});
