import { execFile, spawnSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { TestContext } from "vitest";

const run = promisify(execFile);
const found = spawnSync("ffprobe", ["-version"]).status === 0 && spawnSync("ffmpeg", ["-version"]).status === 0;

/** Skips a test, with its reason, where the ffmpeg program is not installed. */
export function needsFfmpeg(context: TestContext): void {
  if (!found) context.skip("the programs ffmpeg and ffprobe are not installed");
}

/** Runs the ffmpeg program; fails with what it prints. */
export async function ffmpeg(...args: string[]): Promise<void> {
  await run("ffmpeg", ["-nostdin", "-v", "error", "-y", ...args]);
}

/** One packet as the ffprobe program sees it; times in seconds. */
export interface ProbedPacket {
  readonly codec_type: "video" | "audio";
  readonly pts_time?: string;
  readonly dts_time?: string;
  readonly flags: string;
}

/** The packets of a file, in file order. */
export async function ffprobePackets(file: string): Promise<ProbedPacket[]> {
  const { stdout } = await run("ffprobe", ["-v", "error", "-show_packets", "-of", "json", file], {
    maxBuffer: 1 << 26,
  });
  return (JSON.parse(stdout) as { packets: ProbedPacket[] }).packets;
}

/** A folder of its own, removed at the end of the test. */
export async function folder(context: TestContext): Promise<(name: string) => string> {
  const path = await mkdtemp(join(tmpdir(), "inband-media-"));
  context.onTestFinished(() => rm(path, { recursive: true, force: true }));
  return (name) => join(path, name);
}

/** What FFmpeg decodes of a file: how many pictures, and what it complains of on the way. */
export async function decode(file: string): Promise<{ readonly pictures: number; readonly errors: string }> {
  const { stdout, stderr } = await run("ffprobe", [
    ...["-v", "error", "-count_frames", "-select_streams", "v:0"],
    ...["-show_entries", "stream=nb_read_frames", "-of", "csv=p=0", file],
  ]);
  return { pictures: Number.parseInt(stdout, 10), errors: stderr.trim() };
}
