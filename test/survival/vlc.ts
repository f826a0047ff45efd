import { existsSync } from "node:fs";
import { chmod, copyFile, mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type StartedProgram, startProgram } from "@inband/rig/started-program";
import { missing, versionLine } from "./program-version.ts";

const program = "/usr/bin/vlc";
/** VLC does not run as root; this is Debian's `nobody`. */
const nobody = 65_534;

/** Why VLC cannot run here. */
export function vlcReason(): string | undefined {
  // Asked as root for its version it fails.
  return missing({ vlc: existsSync(program) });
}

/** VLC, with its version. */
export function vlcVersion(): string {
  return `VLC ${versionLine("dpkg-query", ["-W", "vlc-bin"], /(\d+\.\d+\.\d+)/)}`;
}

/**
 * Starts VLC without a window on a copy of a file, as a user that it runs as.
 *
 * @param folder A folder for it, which is made.
 */
export async function startVlc(clipFile: string, folder: string, args: readonly string[]): Promise<StartedProgram> {
  await mkdir(folder, { recursive: true });
  await chmod(dirname(folder), 0o755);
  await chmod(folder, 0o777);
  const copy = join(folder, "clip.mp4");
  await copyFile(clipFile, copy);
  await chmod(copy, 0o644);
  const isRoot = process.getuid?.() === 0;
  const options = { cwd: folder, env: { HOME: folder, XDG_RUNTIME_DIR: folder } };
  const command = ["--no-audio", ...args, copy];
  return startProgram(program, command, isRoot ? { ...options, uid: nobody } : options);
}
