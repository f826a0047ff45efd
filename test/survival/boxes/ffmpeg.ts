import { ffmpeg } from "@inband/rig/ffmpeg";
import type { Box } from "../box.ts";
import { ffmpegReason, ffmpegVersion } from "../ffmpeg.ts";
import { readAccessUnits } from "../read-access-units.ts";

function ffmpegBox(family: string, name: string, output: string, ...args: string[]): Box {
  return {
    family,
    name: `${family}${name}`,
    reason: ffmpegReason,
    version: ffmpegVersion,
    async run(_clip, clipFile, file) {
      await ffmpeg("-i", clipFile, ...args, file(output));
      return readAccessUnits(file(output));
    },
  };
}

const hls = ["-hls_time", "1", "-hls_list_size", "0"];
const encode = ["-c:v", "libx264", "-preset", "veryfast"];

/** FFmpeg's program: remuxing to each container, and encoding again. */
export const ffmpegBoxes: readonly Box[] = [
  ffmpegBox("FFmpeg copy", " to MP4", "out.mp4", "-c", "copy"),
  ffmpegBox("FFmpeg copy", " to FLV", "out.flv", "-c", "copy"),
  ffmpegBox("FFmpeg copy", " to MPEG-TS", "out.ts", "-c", "copy"),
  ffmpegBox("FFmpeg copy", " to Matroska", "out.mkv", "-c", "copy"),
  ffmpegBox("FFmpeg copy", " to HLS, MPEG-TS", "ts.m3u8", "-c", "copy", ...hls),
  ffmpegBox("FFmpeg copy", " to HLS, fMP4", "fmp4.m3u8", "-c", "copy", ...hls, "-hls_segment_type", "fmp4"),
  ffmpegBox("FFmpeg transcode", "", "out.mp4", ...encode),
  ffmpegBox("FFmpeg transcode", " with -udu_sei 1", "out.mp4", ...encode, "-udu_sei", "1"),
  ffmpegBox(
    "FFmpeg transcode",
    " with -udu_sei 1, to half the rate",
    "out.mp4",
    ...["-vf", "fps=15"],
    ...encode,
    ...["-udu_sei", "1"],
  ),
];
