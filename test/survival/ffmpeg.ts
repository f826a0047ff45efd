import { setTimeout as sleep } from "node:timers/promises";
import { ffmpegPrograms } from "@inband/rig/ffmpeg";
import { type StartedProgram, startProgram } from "@inband/rig/started-program";
import { missing, versionLine } from "./program-version.ts";

/** Why FFmpeg's program cannot run here. */
export function ffmpegReason(): string | undefined {
  return missing(ffmpegPrograms);
}

/** FFmpeg's program, with its version. */
export function ffmpegVersion(): string {
  return `FFmpeg ${versionLine("ffmpeg", ["-version"], /version ([\d.]+)/)}`;
}

const quiet = ["-nostdin", "-hide_banner", "-v", "error"];

/** Sends a file in real time, as a live encoder does, without encoding it again. */
export function push(clipFile: string, output: readonly string[]): StartedProgram {
  return startProgram("ffmpeg", [...quiet, "-re", "-i", clipFile, "-c", "copy", ...output]);
}

/** How long a reader may take to end once its server has. */
const endWithinMs = 20_000;

/** Resolves when a reader has ended, since its server has, and its file is complete; it is asked to end where it waits on. */
export async function readerEnds(reader: StartedProgram): Promise<void> {
  const patience = new AbortController();
  await Promise.race([reader.ended, sleep(endWithinMs, undefined, { signal: patience.signal }).catch(() => {})]);
  patience.abort();
  await reader.stop();
}

/** Reads a live stream into a file until its server ends, without encoding it again. */
export function record(input: readonly string[], file: string): StartedProgram {
  // What FFmpeg looks at before it begins to write: the clip is over before its default of 5 s is.
  const brief = ["-analyzeduration", "500000", "-probesize", "500000"];
  return startProgram("ffmpeg", [...quiet, "-y", ...brief, ...input, "-c", "copy", "-f", "matroska", file]);
}
