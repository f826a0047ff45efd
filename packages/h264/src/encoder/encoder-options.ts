import { rawFrameByteLength } from "./raw-frame.ts";

/** The encoders that can be asked for by name. `h264_nvenc` runs on NVIDIA GPUs, `libx264` everywhere. */
export type EncoderCodec = "h264_nvenc" | "libx264";

/** From the fastest to the one with the best picture for its bits. */
export type EncoderPreset =
  | "ultrafast"
  | "superfast"
  | "veryfast"
  | "faster"
  | "fast"
  | "medium"
  | "slow"
  | "slower"
  | "veryslow";

/** ITU-T H.264 Annex A. `constrained-baseline` is what every WebRTC peer with H.264 can decode. */
export type EncoderProfile = "constrained-baseline" | "main" | "high";

/** What the pictures are. Every tune is combined with libx264's `zerolatency`: one frame in, one access unit out. */
export type EncoderTune = "zerolatency" | "film" | "animation" | "grain" | "stillimage" | "fastdecode";

/** What {@link createEncoder} takes. */
export interface EncoderOptions {
  /** Pixels, even. */
  readonly width: number;
  /** Pixels, even. */
  readonly height: number;
  /** Frames a second; the rate control counts on it. */
  readonly framerate: number;
  /** `auto` tries `h264_nvenc`, then `libx264`. @defaultValue "auto" */
  readonly codec?: "auto" | EncoderCodec;
  /**
   * Whether a codec that does not run here may be replaced by the next one. With `false`, only the first choice is
   * tried: `h264_nvenc` for `auto`. @defaultValue true
   */
  readonly fallback?: boolean;
  /**
   * Bits a second. With `crf` it is the upper limit.
   * @defaultValue 0.09 bits a pixel: 2.5 Mbit/s at 1280x720 and 30 frames a second
   */
  readonly bitrate?: number;
  /** Constant quality from 0 (best) to 51 instead of a constant bitrate. */
  readonly crf?: number;
  /** @defaultValue "ultrafast" */
  readonly preset?: EncoderPreset;
  /** @defaultValue "constrained-baseline" */
  readonly profile?: EncoderProfile;
  /** @defaultValue "zerolatency" */
  readonly tune?: EncoderTune;
  /** The longest time between two key frames, in seconds. @defaultValue 2 */
  readonly keyFrameInterval?: number;
  /** What runs the encoder: the node-av package, which brings FFmpeg with it. @defaultValue "node-av" */
  readonly backend?: "node-av";
}

/** The bits that a pixel gets when neither `bitrate` nor `crf` is given: 2.5 Mbit/s for 720p at 30 frames a second. */
export const defaultBitsPerPixel = 0.09;

/** Options with every default filled in. */
export interface EncoderSettings {
  readonly codec: "auto" | EncoderCodec;
  readonly fallback: boolean;
  readonly width: number;
  readonly height: number;
  readonly framerate: number;
  readonly bitrate: number;
  readonly crf: number | undefined;
  readonly preset: EncoderPreset;
  readonly profile: EncoderProfile;
  readonly tune: EncoderTune;
  /** In frames. */
  readonly keyFrameDistance: number;
}

const codecs = ["auto", "h264_nvenc", "libx264"] as const;
const presets = [
  "ultrafast",
  "superfast",
  "veryfast",
  "faster",
  "fast",
  "medium",
  "slow",
  "slower",
  "veryslow",
] as const;
const profiles = ["constrained-baseline", "main", "high"] as const;
const tunes = ["zerolatency", "film", "animation", "grain", "stillimage", "fastdecode"] as const;

/** Checks the options at the edge and fills in the defaults. */
export function encoderSettings(options: EncoderOptions): EncoderSettings {
  if (typeof options !== "object" || options === null) throw new TypeError("createEncoder takes an options object.");
  const { width, height, framerate } = options;
  for (const [name, size] of Object.entries({ width, height })) {
    if (!Number.isInteger(size) || size < 2 || size > 16384 || size % 2 !== 0) {
      throw new RangeError(`${name} is ${String(size)}; it must be an even number of pixels from 2 to 16384.`);
    }
  }
  rawFrameByteLength("I420", width, height);
  inRange("framerate", framerate, 1, 1000);
  const bitrate = options.bitrate ?? Math.max(50_000, Math.round(width * height * framerate * defaultBitsPerPixel));
  checkBitrate("bitrate", bitrate);
  if (options.crf !== undefined) inRange("crf", options.crf, 0, 51);
  const keyFrameInterval = options.keyFrameInterval ?? 2;
  inRange("keyFrameInterval", keyFrameInterval, 1 / framerate, 3600);
  oneOf("backend", options.backend ?? "node-av", ["node-av"]);
  return {
    codec: oneOf("codec", options.codec ?? "auto", codecs),
    fallback: options.fallback ?? true,
    width,
    height,
    framerate,
    bitrate,
    crf: options.crf,
    preset: oneOf("preset", options.preset ?? "ultrafast", presets),
    profile: oneOf("profile", options.profile ?? "constrained-baseline", profiles),
    tune: oneOf("tune", options.tune ?? "zerolatency", tunes),
    keyFrameDistance: Math.max(1, Math.round(keyFrameInterval * framerate)),
  };
}

/** Refuses what no encoder takes as a bitrate. */
export function checkBitrate(name: string, bitsPerSecond: number): void {
  inRange(name, bitsPerSecond, 1000, 1_000_000_000);
}

function inRange(name: string, value: number, low: number, high: number): void {
  if (typeof value !== "number" || !(value >= low && value <= high)) {
    throw new RangeError(`${name} is ${String(value)}; it must be a number from ${low} to ${high}.`);
  }
}

function oneOf<T extends string>(name: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((candidate) => candidate === value);
  if (found === undefined) throw new TypeError(`${name} is ${String(value)}; it must be one of ${allowed.join(", ")}.`);
  return found;
}
