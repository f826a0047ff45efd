import type { NodeAv } from "@inband/h264/node-av";
import type { FormatContext, Stream } from "node-av/lib";
import type { AudioInfo, MediaInfo } from "./media-info.ts";

/** What an open container holds, in the video and the audio stream that were chosen. */
export function describeMedia(av: NodeAv, format: FormatContext, video: Stream, audio: Stream | undefined): MediaInfo {
  const { width, height, codecId } = video.codecpar;
  // For an elementary stream FFmpeg gives its own default of 25.
  const rate = hasTimes(av, format, video) ? video.avgFrameRate : undefined;
  const framerate = rate !== undefined && rate.num > 0 && rate.den > 0 ? rate.toDouble() : undefined;
  const durationMs = format.duration > 0n ? Number(format.duration) / 1000 : undefined;
  return {
    format: format.iformat?.name ?? "unknown",
    ...(durationMs === undefined ? {} : { durationMs }),
    video: {
      codec: av.avGetCodecName(codecId) ?? "unknown",
      width,
      height,
      ...(framerate === undefined ? {} : { framerate }),
    },
    ...(audio === undefined ? {} : { audio: describeAudio(av, audio) }),
  };
}

/** Whether the container has times at all; an elementary stream has none. */
export function hasTimes({ constants }: NodeAv, format: FormatContext, video: Stream): boolean {
  return video.startTime !== constants.AV_NOPTS_VALUE || format.startTime !== constants.AV_NOPTS_VALUE;
}

/** A copy of a stream's extradata. */
export function extradataOf({ codecpar }: Stream): Uint8Array | undefined {
  const { extradata } = codecpar;
  return extradata === null || extradata === undefined ? undefined : new Uint8Array(extradata);
}

function describeAudio(av: NodeAv, stream: Stream): AudioInfo {
  const { codecId, sampleRate, channels } = stream.codecpar;
  const config = extradataOf(stream);
  return {
    codec: av.avGetCodecName(codecId) ?? "unknown",
    sampleRate,
    channels,
    ...(config === undefined ? {} : { config }),
  };
}
