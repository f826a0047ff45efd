import type { OpenEncoder } from "./backend.ts";
import { EncoderError, type TriedEncoder } from "./encoder-error.ts";
import { type EncoderCodec, type EncoderOptions, type EncoderSettings, encoderSettings } from "./encoder-options.ts";
import type { EncoderInfo, H264Encoder } from "./h264-encoder.ts";
import { nodeAvBackend } from "./node-av-backend.ts";
import { OrderedEncoder } from "./ordered-encoder.ts";

/** One encoder that inband knows, and whether it runs on this machine. */
export interface EncoderDescription {
  /** Its name in FFmpeg. */
  readonly codec: EncoderCodec;
  /** What runs it. */
  readonly backend: "node-av";
  /** Whether it runs on a GPU. */
  readonly hardware: boolean;
  /** Whether it opened just now. */
  readonly available: boolean;
  /** Why it does not run here, in its own words. */
  readonly reason?: string;
}

/** Best first. */
const known: readonly EncoderCodec[] = ["h264_nvenc", "libx264"];

/**
 * Opens an H.264 encoder.
 *
 * It encodes for live use: one access unit for each frame at once, no B-frames, SPS and PPS in band with every key
 * frame. Where the codec that was asked for does not run, the next one does, and `info` says why.
 *
 * @throws TypeError or RangeError that names the option.
 * @throws EncoderError `unavailable` with `tried` when none of the codecs that may be used runs on this machine, or when
 * node-av is not installed; `open-failed` when libx264 refuses the options.
 *
 * @example
 * ```ts
 * using encoder = await createEncoder({ width: 1280, height: 720, framerate: 30, bitrate: 2_500_000 });
 * for await (const frame of testPicture({ width: 1280, height: 720, framerate: 30 })) {
 *   const accessUnit = await encoder.encode(frame);
 *   if (accessUnit) video.write(accessUnit);
 * }
 * ```
 */
export async function createEncoder(options: EncoderOptions): Promise<H264Encoder> {
  const settings = encoderSettings(options);
  const backend = await nodeAvBackend();
  const tried: TriedEncoder[] = [];
  for (const codec of candidates(settings)) {
    let encoder: OpenEncoder;
    try {
      encoder = await backend.open(codec, settings);
    } catch (cause) {
      tried.push({ codec, reason: reasonOf(cause) });
      continue;
    }
    return new OrderedEncoder(encoderInfo(settings, codec, tried), encoder, settings.bitrate, () =>
      backend.open(codec, settings),
    );
  }
  const last = tried.at(-1);
  const list = tried.map(({ codec, reason }) => `${codec}: ${reason}`).join("; ");
  if (last?.codec === "libx264") throw new EncoderError("open-failed", `No encoder opened (${list}).`, { tried });
  throw new EncoderError("unavailable", `No encoder that may be used runs on this machine (${list}).`, { tried });
}

/**
 * The encoders that inband knows, best first, each opened once to see whether it runs here.
 *
 * @throws EncoderError `unavailable` when node-av is not installed.
 */
export async function listEncoders(): Promise<EncoderDescription[]> {
  const backend = await nodeAvBackend();
  const settings = encoderSettings({ width: 640, height: 360, framerate: 30 });
  const descriptions: EncoderDescription[] = [];
  for (const codec of known) {
    const description = { codec, backend: "node-av", hardware: isHardware(codec) } as const;
    try {
      (await backend.open(codec, settings)).close();
      descriptions.push({ ...description, available: true });
    } catch (cause) {
      descriptions.push({ ...description, available: false, reason: reasonOf(cause) });
    }
  }
  return descriptions;
}

function candidates({ codec, fallback }: EncoderSettings): readonly EncoderCodec[] {
  const from = codec === "auto" ? known : known.slice(known.indexOf(codec));
  return fallback ? from : from.slice(0, 1);
}

function encoderInfo(settings: EncoderSettings, used: EncoderCodec, tried: readonly TriedEncoder[]): EncoderInfo {
  const { codec: requested, width, height, framerate } = settings;
  const reason = tried[0]?.reason;
  return {
    requested,
    used,
    ...(reason === undefined ? {} : { reason }),
    tried,
    hardware: isHardware(used),
    backend: "node-av",
    width,
    height,
    framerate,
  };
}

function isHardware(codec: EncoderCodec): boolean {
  return codec === "h264_nvenc";
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
