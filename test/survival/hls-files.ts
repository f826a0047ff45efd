import { mkdir, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { ffmpeg } from "@inband/rig/ffmpeg";

/** What the segments of HLS are. */
export type HlsSegments = "mpegts" | "fmp4";

/** The playlist of the files of {@link hlsFiles}. */
export const playlist = "main.m3u8";

/** A clip as HLS, written by FFmpeg's program: files by their names. */
export async function hlsFiles(
  clipFile: string,
  segments: HlsSegments,
  file: (name: string) => string,
): Promise<Map<string, Uint8Array>> {
  const folder = file(segments);
  await mkdir(folder);
  const options = ["-c", "copy", "-hls_time", "1", "-hls_list_size", "0", "-hls_segment_type", segments];
  await ffmpeg("-i", clipFile, ...options, join(folder, playlist));
  const names = await readdir(folder);
  return new Map(await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name))] as const)));
}
