import type { TestContext } from "vitest";
import { isInstalled, needs, runProgram } from "./program.ts";

/** The programs that the functions here run, by whether they are installed. */
export const ffmpegPrograms: Readonly<Record<string, boolean>> = {
  ffmpeg: isInstalled("ffmpeg"),
  ffprobe: isInstalled("ffprobe"),
};

/** Skips a test, with its reason, where ffmpeg or ffprobe is not installed. */
export function needsFfmpeg(context: Pick<TestContext, "skip">): void {
  needs(context, ffmpegPrograms);
}

/** Runs ffmpeg; it overwrites its output. */
export async function ffmpeg(...args: string[]): Promise<void> {
  await runProgram("ffmpeg", ["-nostdin", "-hide_banner", "-v", "error", "-y", ...args]);
}

/** One packet as ffprobe sees it; times in seconds. */
export interface ProbedPacket {
  readonly codec_type: "video" | "audio";
  readonly pts_time?: string;
  readonly dts_time?: string;
  readonly flags: string;
}

/** The packets of a file, in the order of the file. */
export async function ffprobePackets(file: string): Promise<ProbedPacket[]> {
  const { stdout } = await runProgram("ffprobe", ["-v", "error", "-show_packets", "-of", "json", file]);
  return (JSON.parse(stdout) as { packets: ProbedPacket[] }).packets;
}

/** What FFmpeg decodes of a file: the number of pictures, and its complaints on the way. */
export async function decode(file: string): Promise<{ readonly pictures: number; readonly errors: string }> {
  const { stdout, stderr } = await runProgram("ffprobe", [
    ...["-v", "error", "-count_frames", "-select_streams", "v:0"],
    ...["-show_entries", "stream=nb_read_frames", "-of", "csv=p=0", file],
  ]);
  return { pictures: Number.parseInt(stdout, 10), errors: stderr.trim() };
}

/** An MD5 of each picture that FFmpeg decodes of a file, in the order of presentation. */
export async function frameHashes(file: string): Promise<string[]> {
  const args = ["-nostdin", "-v", "error", "-i", file, "-f", "framemd5", "-"];
  const { stdout } = await runProgram("ffmpeg", args);
  return stdout.split("\n").flatMap((line) => (/^\d/.test(line) ? [line.split(",").at(-1)?.trim() ?? ""] : []));
}
