import type { NodeAv } from "@inband/h264/node-av";
import type { FormatContext, Stream } from "node-av/lib";
import { MediaError } from "./media-error.ts";
import { shownInput } from "./shown-input.ts";

const dispositionAttachedPicture = 0x400;
const discardAll = 48;

/** The streams of a container that are read. */
export interface ChosenStreams {
  readonly video: Stream;
  readonly audio: Stream | undefined;
  /** How many video streams there are, of any codec. */
  readonly videoStreams: number;
}

/**
 * Chooses the best video and audio stream by FFmpeg's judgement, and discards all others. With `prefersH264` the largest
 * H.264 stream comes before a better one of another codec.
 *
 * @throws MediaError `no-video`
 */
export function chooseStreams(
  { constants }: NodeAv,
  format: FormatContext,
  input: string,
  prefersH264: boolean,
): ChosenStreams {
  const { streams } = format;
  const videos = streams.filter(({ codecpar }) => codecpar.codecType === constants.AVMEDIA_TYPE_VIDEO);
  const h264 = videos.filter(({ codecpar }) => codecpar.codecId === constants.AV_CODEC_ID_H264);
  const best = streams[format.findBestStream(constants.AVMEDIA_TYPE_VIDEO)];
  const video = prefersH264 && h264.length > 0 ? largestOf(h264) : best;
  const audio = streams[format.findBestStream(constants.AVMEDIA_TYPE_AUDIO)];
  if (video === undefined || isAttachedPicture(video)) {
    throw new MediaError("no-video", `"${shownInput(input)}" holds no video.`, { input });
  }
  for (const stream of streams) {
    if (stream !== video && stream !== audio) stream.discard = discardAll as Stream["discard"];
  }
  return { video, audio, videoStreams: videos.filter((stream) => !isAttachedPicture(stream)).length };
}

/** Whether a stream is the cover of an audio file. */
function isAttachedPicture({ disposition }: Stream): boolean {
  return (disposition & dispositionAttachedPicture) !== 0;
}

function largestOf(streams: readonly Stream[]): Stream | undefined {
  const pixels = ({ codecpar }: Stream): number => codecpar.width * codecpar.height;
  return [...streams].sort((a, b) => pixels(b) - pixels(a))[0];
}
