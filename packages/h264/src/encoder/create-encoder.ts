import type { EncoderBackend, OpenEncoder } from "./backend.ts";
import { EncoderError, type TriedEncoder } from "./encoder-error.ts";
import {
  type EncoderBackendName,
  type EncoderCodec,
  type EncoderName,
  type EncoderOptions,
  type EncoderSettings,
  encoderSettings,
} from "./encoder-options.ts";
import { ffmpegBackend } from "./ffmpeg-backend.ts";
import type { EncoderInfo, H264Encoder } from "./h264-encoder.ts";
import { nodeAvBackend } from "./node-av-backend.ts";
import { OrderedEncoder } from "./ordered-encoder.ts";
import { registeredBackend, registeredEncoder, registeredNames } from "./registered-encoders.ts";

/** One encoder that inband knows, and whether it runs on this machine. */
export interface EncoderDescription {
  /** Its name in FFmpeg, or the one that it was registered under. */
  readonly codec: EncoderName;
  /** What runs it. */
  readonly backend: EncoderBackendName;
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
  const codecs = candidates(settings);
  const { backend, name } = await backendOf(settings);
  const tried: TriedEncoder[] = [];
  for (const codec of codecs) {
    let encoder: OpenEncoder;
    try {
      encoder = await backend.open(codec, settings);
    } catch (cause) {
      tried.push({ codec, reason: reasonOf(cause) });
      continue;
    }
    return new OrderedEncoder(
      encoderInfo(settings, codec, tried, name),
      encoder,
      settings.bitrate,
      ({ width, height, bitrate }) => backend.open(codec, encoderSettings({ ...options, width, height, bitrate })),
      {
        maxQueued: settings.maxQueued,
        bitrateOf: (width, height) => encoderSettings({ ...options, width, height }).bitrate,
      },
    );
  }
  const last = tried.at(-1);
  const list = tried.map(({ codec, reason }) => `${codec}: ${reason}`).join("; ");
  if (last?.codec === "libx264") throw new EncoderError("open-failed", `No encoder opened (${list}).`, { tried });
  throw new EncoderError("unavailable", `No encoder that may be used runs on this machine (${list}).`, { tried });
}

/**
 * The encoders of a backend that inband knows, best first, and those that were registered, each opened once to see whether it
 * runs here.
 *
 * @param options - Whose: those of node-av, where it says nothing else.
 * @throws EncoderError `unavailable` when node-av, or the `ffmpeg` program, is not installed.
 */
export async function listEncoders({
  backend: wanted = "node-av",
}: Pick<EncoderOptions, "backend"> = {}): Promise<EncoderDescription[]> {
  const descriptions: EncoderDescription[] = [];
  for (const codec of [...known, ...registeredNames()]) {
    const settings = encoderSettings({ width: 640, height: 360, framerate: 30, codec, backend: wanted });
    const { backend, name } = await backendOf(settings);
    const description = { codec, backend: name, hardware: isHardware(codec) };
    try {
      (await backend.open(codec, settings)).close();
      descriptions.push({ ...description, available: true });
    } catch (cause) {
      descriptions.push({ ...description, available: false, reason: reasonOf(cause) });
    }
  }
  return descriptions;
}

/** @throws TypeError for a codec that is not known. */
function candidates({ codec, fallback }: EncoderSettings): readonly EncoderName[] {
  if (registeredEncoder(codec) !== undefined) return [codec];
  const index = codec === "auto" ? 0 : known.indexOf(codec as EncoderCodec);
  if (index < 0) {
    const names = ["auto", ...known, ...registeredNames()].join(", ");
    throw new TypeError(`codec is ${String(codec)}; it must be one of ${names}.`);
  }
  const from = known.slice(index);
  return fallback ? from : from.slice(0, 1);
}

async function backendOf(settings: EncoderSettings): Promise<{ backend: EncoderBackend; name: EncoderBackendName }> {
  const registration = registeredEncoder(settings.codec);
  if (registration !== undefined) return { backend: registeredBackend(registration), name: "registered" };
  const name = settings.backend;
  return { backend: await (name === "ffmpeg" ? ffmpegBackend() : nodeAvBackend()), name };
}

function encoderInfo(
  settings: EncoderSettings,
  used: EncoderName,
  tried: readonly TriedEncoder[],
  backend: EncoderBackendName,
): EncoderInfo {
  const { codec: requested, width, height, framerate } = settings;
  const reason = tried[0]?.reason;
  return {
    requested,
    used,
    ...(reason === undefined ? {} : { reason }),
    tried,
    hardware: isHardware(used),
    backend,
    width,
    height,
    framerate,
  };
}

function isHardware(codec: EncoderName): boolean {
  return codec === "h264_nvenc" || registeredEncoder(codec)?.hardware === true;
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
