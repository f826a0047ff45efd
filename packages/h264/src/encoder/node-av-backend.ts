import { loadNodeAv, type NodeAv, NodeAvError } from "../node-av/index.ts";
import type { EncoderBackend, OpenEncoder } from "./backend.ts";
import { EncoderError } from "./encoder-error.ts";
import type { EncoderName, EncoderSettings } from "./encoder-options.ts";
import { withFFmpegLog } from "./ffmpeg-log.ts";
import { configureContext } from "./node-av-context.ts";
import { NodeAvEncoder } from "./node-av-encoder.ts";

/**
 * The encoders of node-av.
 *
 * @throws EncoderError `unavailable` where node-av is not installed or does not load.
 */
export async function nodeAvBackend(): Promise<EncoderBackend> {
  try {
    return new NodeAvBackend(await loadNodeAv("Encoding"));
  } catch (error) {
    if (!(error instanceof NodeAvError)) throw error;
    const { message, reason, cause } = error;
    throw new EncoderError("unavailable", message, { tried: [{ codec: "node-av", reason }], cause });
  }
}

class NodeAvBackend implements EncoderBackend {
  readonly #av: NodeAv;

  constructor(av: NodeAv) {
    this.#av = av;
  }

  async open(codec: EncoderName, settings: EncoderSettings): Promise<OpenEncoder> {
    const av = this.#av;
    const found = av.Codec.findEncoderByName(codec as Parameters<typeof av.Codec.findEncoderByName>[0]);
    if (found === null) throw new Error(`This build of FFmpeg has no ${codec}`);
    const context = new av.CodecContext();
    context.allocContext3(found);
    try {
      configureContext(av, context, codec, settings);
      const { result, lines } = await withFFmpegLog(av, () => context.open2(found, null));
      if (result < 0) throw new Error(lines.at(-1) ?? av.FFmpegError.strerror(result));
    } catch (error) {
      context.freeContext();
      throw error;
    }
    return new NodeAvEncoder(av, context, settings);
  }
}
