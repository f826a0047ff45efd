import { rawFrameByteLength } from "./raw-frame.ts";

/** The encoders of FFmpeg that can be asked for by name. `h264_nvenc` runs on NVIDIA GPUs, `libx264` everywhere. */
export type EncoderCodec = "h264_nvenc" | "libx264";

/** An encoder of FFmpeg, or one that was added by `registerEncoder`, by its name. */
export type EncoderName = EncoderCodec | (string & {});

/** What runs an encoder: node-av, the `ffmpeg` program, or the code that was given to `registerEncoder`. */
export type EncoderBackendName = "node-av" | "ffmpeg" | "registered";

/**
 * From the fastest to the one with the best picture for its bits. `ivs` is `veryfast` within what an Amazon IVS real-time
 * stage takes: constrained baseline, at most 1280x720 or 720x1280, 10 to 60 frames and 8.5 Mbit a second, a key frame within 2 s.
 */
export type EncoderPreset =
  | "ivs"
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

/** ITU-T H.264 Table A-1. */
export type EncoderLevel =
  | "1"
  | "1.1"
  | "1.2"
  | "1.3"
  | "2"
  | "2.1"
  | "2.2"
  | "3"
  | "3.1"
  | "3.2"
  | "4"
  | "4.1"
  | "4.2"
  | "5"
  | "5.1"
  | "5.2";

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
  readonly codec?: "auto" | EncoderName;
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
  /** The level that the stream claims. @defaultValue the lowest that the size and the bitrate allow */
  readonly level?: EncoderLevel;
  /** @defaultValue "zerolatency" */
  readonly tune?: EncoderTune;
  /** The longest time between two key frames, in seconds. @defaultValue 2 */
  readonly keyFrameInterval?: number;
  /**
   * Pictures that may wait for their turn; one more is refused with EncoderError `queue-full`.
   * @defaultValue 30
   */
  readonly maxQueued?: number;
  /**
   * What runs the encoder: the node-av package, which brings FFmpeg with it, or the `ffmpeg` program, which has to begin
   * anew (some 100 ms) for a key frame on request, another bitrate or another format of pictures.
   * @defaultValue "node-av"
   */
  readonly backend?: "node-av" | "ffmpeg";
}

/** The bits that a pixel gets when neither `bitrate` nor `crf` is given: 2.5 Mbit/s for 720p at 30 frames a second. */
export const defaultBitsPerPixel = 0.09;

/** Options with every default filled in. */
export interface EncoderSettings {
  readonly codec: "auto" | EncoderName;
  readonly fallback: boolean;
  readonly width: number;
  readonly height: number;
  readonly framerate: number;
  readonly bitrate: number;
  readonly crf: number | undefined;
  readonly preset: Exclude<EncoderPreset, "ivs">;
  readonly profile: EncoderProfile;
  readonly level: EncoderLevel | undefined;
  readonly tune: EncoderTune;
  /** In frames. */
  readonly keyFrameDistance: number;
  readonly maxQueued: number;
  readonly backend: "node-av" | "ffmpeg";
}

const levels = ["1", "1.1", "1.2", "1.3", "2", "2.1", "2.2", "3", "3.1", "3.2", "4", "4.1", "4.2", "5", "5.1", "5.2"];
const presets = [
  "ivs",
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

/** What a real-time stage of Amazon IVS takes by WHIP and RTMP, as its documentation says. */
const ivsLimits = {
  ...{ longSide: 1280, shortSide: 720, framerate: { least: 10, most: 60 }, bitrate: 8_500_000, keyFrameInterval: 2 },
  profile: "constrained-baseline",
} as const;

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
  const preset = oneOf("preset", options.preset ?? "ultrafast", presets);
  const profile = oneOf("profile", options.profile ?? "constrained-baseline", profiles);
  if (preset === "ivs") checkIvs({ width, height, framerate, bitrate, keyFrameInterval, profile });
  const { maxQueued = 30, codec = "auto" } = options;
  if (!Number.isInteger(maxQueued) || maxQueued < 1) {
    throw new RangeError(`maxQueued is ${String(maxQueued)}; it must be a positive integer.`);
  }
  return {
    codec,
    fallback: options.fallback ?? true,
    width,
    height,
    framerate,
    bitrate,
    crf: options.crf,
    preset: preset === "ivs" ? "veryfast" : preset,
    profile,
    level: options.level === undefined ? undefined : (oneOf("level", options.level, levels) as EncoderLevel),
    tune: oneOf("tune", options.tune ?? "zerolatency", tunes),
    keyFrameDistance: Math.max(1, Math.round(keyFrameInterval * framerate)),
    maxQueued,
    backend: oneOf("backend", options.backend ?? "node-av", ["node-av", "ffmpeg"] as const),
  };
}

function checkIvs(options: {
  readonly width: number;
  readonly height: number;
  readonly framerate: number;
  readonly bitrate: number;
  readonly keyFrameInterval: number;
  readonly profile: EncoderProfile;
}): void {
  const { width, height, framerate, profile } = options;
  const { least, most } = ivsLimits.framerate;
  if (Math.max(width, height) > ivsLimits.longSide || Math.min(width, height) > ivsLimits.shortSide) {
    const limit = `${ivsLimits.longSide}x${ivsLimits.shortSide}`;
    throw new RangeError(`width and height are ${width}x${height}; the preset ivs takes at most ${limit}.`);
  }
  for (const name of ["bitrate", "keyFrameInterval"] as const) {
    if (options[name] > ivsLimits[name]) {
      throw new RangeError(`${name} is ${options[name]}; the preset ivs takes at most ${ivsLimits[name]}.`);
    }
  }
  if (framerate < least || framerate > most) {
    throw new RangeError(`framerate is ${framerate}; the preset ivs takes ${least} to ${most}.`);
  }
  if (profile !== ivsLimits.profile) {
    throw new RangeError(`profile is ${profile}; the preset ivs takes ${ivsLimits.profile}.`);
  }
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
