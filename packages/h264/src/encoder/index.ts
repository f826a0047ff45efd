/**
 * H.264 encoders for Node.
 *
 * Use it to turn raw pictures into access units: `createEncoder` opens NVENC where there is an NVIDIA GPU and
 * libx264 otherwise. It needs the package node-av, an optional peer, or the `ffmpeg` program; `registerEncoder` takes another. Pictures come from `@inband/media/frames` or from
 * your own code; access units go into a publisher's carrier.
 *
 * @module
 */
export type { OpenEncoder } from "./backend.ts";
export { createEncoder, type EncoderDescription, listEncoders } from "./create-encoder.ts";
export { EncoderError, type EncoderErrorCode, type TriedEncoder } from "./encoder-error.ts";
export {
  defaultBitsPerPixel,
  type EncoderBackendName,
  type EncoderCodec,
  type EncoderLevel,
  type EncoderName,
  type EncoderOptions,
  type EncoderPreset,
  type EncoderProfile,
  type EncoderSettings,
  type EncoderTune,
} from "./encoder-options.ts";
export type { EncoderInfo, EncoderStats, H264Encoder } from "./h264-encoder.ts";
export { type RawFrame, type RawFrameFormat, rawFrameByteLength } from "./raw-frame.ts";
export { type EncoderRegistration, registerEncoder } from "./registered-encoders.ts";
