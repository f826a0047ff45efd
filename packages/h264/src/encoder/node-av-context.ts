import type { CodecContext } from "node-av/lib";
import type { NodeAv } from "../node-av/index.ts";
import { nvencOptions, x264Options } from "./codec-options.ts";
import type { EncoderName, EncoderSettings } from "./encoder-options.ts";

/**
 * Sets up the context of an encoder that is not open yet.
 *
 * @throws Error when the encoder refuses an option.
 */
export function configureContext(
  av: NodeAv,
  context: CodecContext,
  codec: EncoderName,
  settings: EncoderSettings,
): void {
  context.width = settings.width;
  context.height = settings.height;
  context.pixelFormat = av.constants.AV_PIX_FMT_YUV420P;
  context.timeBase = new av.Rational(1, 1_000_000);
  context.framerate = rationalFramerate(av, settings.framerate);
  context.gopSize = settings.keyFrameDistance;
  context.maxBFrames = 0;
  // One thread means one slice and no frame of delay; the encoder's own sliced threads give several slices.
  context.threadCount = 1;
  if (settings.crf === undefined) context.bitRate = BigInt(Math.round(settings.bitrate));
  limitRate(context, settings.bitrate);
  for (const [name, value] of Object.entries(codec === "libx264" ? x264Options(settings) : nvencOptions(settings))) {
    // Two arguments: a third would be a type, and string options are then refused with -22 and not set.
    const result = context.setOption(name, value);
    if (result < 0) throw new Error(`${codec} does not take ${name}=${value}: ${av.FFmpegError.strerror(result)}`);
  }
}

/** Half a second of the bitrate as the decoder's buffer, so that a key frame stays small enough to be sent in a burst. */
export function limitRate(context: CodecContext, bitsPerSecond: number): void {
  context.rcMaxRate = BigInt(Math.round(bitsPerSecond));
  context.rcBufferSize = Math.round(bitsPerSecond / 2);
}

function rationalFramerate(av: NodeAv, framerate: number): InstanceType<NodeAv["Rational"]> {
  if (Number.isInteger(framerate)) return new av.Rational(framerate, 1);
  const ntsc = Math.round(framerate * 1.001);
  if (Math.abs(framerate - ntsc / 1.001) < 0.005) return new av.Rational(ntsc * 1000, 1001);
  return new av.Rational(Math.round(framerate * 1000), 1000);
}
