import { joinAnnexB, type MediaPacket } from "@inband/h264";
import type { RawFrame } from "@inband/h264/encoder";
import { FileSource } from "../file-source.ts";
import { type DecodedPicture, type EncodedPicture, VideoDecoder } from "../video-decoder.ts";

/** The size of the decoded pictures. Sizes come out even. */
export interface DecodeOptions {
  /** Exact width in pixels, even; without `height`, the height follows the shape of the picture. */
  readonly width?: number;
  /** Exact height in pixels, even; without `width`, the width follows the shape of the picture. */
  readonly height?: number;
  /** Larger pictures are made smaller, in their own shape. */
  readonly maxWidth?: number;
  /** Larger pictures are made smaller, in their own shape. */
  readonly maxHeight?: number;
}

/** How many pictures may be in use at once: see the ownership of `data` in {@link decodeFrames}. */
const buffers = 4;

/**
 * Decodes video to I420 pictures, in presentation order and with the timestamps of the source.
 *
 * Takes a source of `openSource` in any codec, or access units of H.264 from elsewhere: an encoder, a network. Packets
 * that cannot be decoded are passed over. All pictures have the size of the first one, whatever the source does. Buffers
 * are reused: `data` stays as it is until the fourth next picture is asked for. Leaving the loop closes the source.
 *
 * @throws RangeError that names the option, at once.
 * @throws MediaError as the source does; `unreadable` when FFmpeg has no decoder for the codec.
 */
export function decodeFrames(source: AsyncIterable<MediaPacket>, options: DecodeOptions = {}): AsyncIterable<RawFrame> {
  for (const name of ["width", "height", "maxWidth", "maxHeight"] as const) {
    const size = options[name];
    if (size === undefined) continue;
    if (!Number.isInteger(size) || size < 2 || (!name.startsWith("max") && size % 2 !== 0)) {
      throw new RangeError(`${name}: expected an even number of pixels, 2 or more, got ${String(size)}`);
    }
  }
  return decode(source, options);
}

async function* decode(
  source: AsyncIterable<MediaPacket>,
  options: DecodeOptions,
): AsyncGenerator<RawFrame, void, undefined> {
  const decoder = source instanceof FileSource ? await source.decoder() : await VideoDecoder.forH264();
  const writer = new FrameWriter(decoder, options);
  try {
    const pictures = source instanceof FileSource ? source.pictures() : accessUnits(source);
    for await (const picture of pictures) {
      if (picture === undefined) {
        // Between two passes: give what the decoder holds back, then go on.
        await decoder.decode(null);
        yield* writer.ready();
        decoder.restart();
        continue;
      }
      await decoder.decode(picture);
      yield* writer.ready();
    }
    await decoder.decode(null);
    yield* writer.ready();
  } finally {
    decoder.close();
  }
}

async function* accessUnits(source: AsyncIterable<MediaPacket>): AsyncGenerator<EncodedPicture, void, undefined> {
  for await (const packet of source) {
    if (packet.kind !== "video") continue;
    yield {
      data: joinAnnexB(packet.nalUnits),
      pts: packet.timestamp,
      dts: packet.decodeTimestamp,
      duration: packet.duration ?? 0,
    };
  }
}

/** Copies what a decoder has ready out of native memory. */
class FrameWriter {
  readonly #decoder: VideoDecoder;
  readonly #options: DecodeOptions;
  #target: { width: number; height: number; buffers: Uint8Array[] } | undefined;
  #written = 0;

  constructor(decoder: VideoDecoder, options: DecodeOptions) {
    this.#decoder = decoder;
    this.#options = options;
  }

  async *ready(): AsyncGenerator<RawFrame, void, undefined> {
    for (;;) {
      const picture = await this.#decoder.receive();
      if (picture === undefined) return;
      this.#target ??= target(picture, this.#options);
      const { width, height } = this.#target;
      const data = this.#target.buffers[this.#written++ % buffers];
      if (data === undefined) return;
      await this.#decoder.writeI420(picture, data, width, height);
      yield { data, format: "I420", codedWidth: width, codedHeight: height, timestamp: picture.timestamp };
    }
  }
}

function target(
  picture: DecodedPicture,
  options: DecodeOptions,
): { width: number; height: number; buffers: Uint8Array[] } {
  const [width, height] = targetSize(picture.width, picture.height, options);
  return { width, height, buffers: Array.from({ length: buffers }, () => new Uint8Array((width * height * 3) / 2)) };
}

function targetSize(width: number, height: number, options: DecodeOptions): [width: number, height: number] {
  if (options.width !== undefined || options.height !== undefined) {
    return [
      options.width ?? even(((options.height ?? height) * width) / height),
      options.height ?? even(((options.width ?? width) * height) / width),
    ];
  }
  const { maxWidth = Number.POSITIVE_INFINITY, maxHeight = Number.POSITIVE_INFINITY } = options;
  const scale = Math.min(1, maxWidth / width, maxHeight / height);
  return [even(width * scale), even(height * scale)];
}

/** The next lower even number, which keeps within a limit; a thousandth forgives rounding in a scale. */
function even(value: number): number {
  return Math.max(2, Math.floor((value + 0.001) / 2) * 2);
}
