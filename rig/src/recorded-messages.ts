import { openSink } from "@inband/media";
import { type PublishOptions, SeiPublisher } from "@inband/publisher";
import { encodedPictures } from "./encoded-pictures.ts";

/** Puts a value into the picture at hand. */
export type Say = (value: unknown, options?: PublishOptions) => void;

/**
 * Writes a file of ten pictures a second, a key frame every second, with the messages that `say` is called with for each
 * picture, on that picture.
 */
export async function recordMessages(
  path: string,
  frames: number,
  messages: (index: number, say: Say) => void,
): Promise<void> {
  const size = { width: 96, height: 96, framerate: 10, keyFrameInterval: 1 };
  await using sink = await openSink(path);
  const publisher = new SeiPublisher();
  publisher.attach(sink);
  for (const [index, picture] of (await encodedPictures({ ...size, frames })).entries()) {
    messages(index, (value, options) => {
      publisher.publish(value as never, { ...options, timestamp: picture.timestamp });
    });
    sink.write(picture);
  }
  publisher.close();
  await sink.finish();
}
