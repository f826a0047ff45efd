import { type ChildProcessByStdio, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { root } from "./repository.ts";

/** The file of the command line. */
export const bin: string = join(root, "packages/cli/bin/inband.mjs");

/** A running command, which ends when this is disposed of. */
export interface RunningInband extends AsyncDisposable {
  readonly process: ChildProcessByStdio<Writable, Readable, Readable>;
  /** The lines of the standard output, to be read once; until this is read, the output waits in the pipe. */
  readonly lines: AsyncIterableIterator<string>;
  /**
   * Resolves to the first text on the standard error that matches.
   *
   * @throws Error when the command ends without it.
   */
  errorText(pattern: RegExp): Promise<RegExpExecArray>;
  /** Resolves when the command has ended. */
  readonly ended: Promise<{ readonly code: number | null; readonly stderr: string }>;
}

/**
 * Starts the real command from its sources.
 *
 * @param env Environment variables beside those of this process.
 * @param reader A command of the shell that the standard output is piped into; the exit code is then added to the
 *   standard error.
 */
export function startInband(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  reader?: string,
): RunningInband {
  const command = [process.execPath, "--conditions=@inband/source", bin, ...args];
  const piped = ["/bin/sh", "-c", `{ "$@"; echo "code $?" >&2; } | ${reader}`, "sh", ...command];
  const [program = "", ...rest] = reader === undefined ? command : piped;
  const child = spawn(program, rest, {
    stdio: ["pipe", "pipe", "pipe"],
    env: { ...process.env, INBAND_DEBUG: "", NO_COLOR: "1", ...env },
  });
  // What a test writes to a command that has ended is not read.
  child.stdin.on("error", () => undefined);
  let stderr = "";
  let lines: AsyncIterableIterator<string> | undefined;
  const listeners = new Set<() => void>();
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
    for (const listener of listeners) listener();
  });
  const ended = new Promise<{ code: number | null; stderr: string }>((resolve) => {
    child.once("close", (code) => resolve({ code, stderr }));
  });
  return {
    process: child,
    get lines() {
      lines ??= createInterface({ input: child.stdout })[Symbol.asyncIterator]();
      return lines;
    },
    ended,
    errorText: (pattern) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const found = pattern.exec(stderr);
          if (found) resolve(found);
          return Boolean(found);
        };
        if (look()) return;
        listeners.add(look);
        void ended.then(({ code }) => look() || reject(new Error(`ended with ${code} and wrote: ${stderr}`)));
      }),
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGTERM");
      const killer = setTimeout(() => child.kill("SIGKILL"), 5000);
      await ended;
      clearTimeout(killer);
    },
  };
}

/** Runs a command to its end. */
export async function runInband(
  args: readonly string[],
  input: string | Uint8Array = "",
): Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }> {
  await using running = startInband(args);
  running.process.stdin.end(input);
  let stdout = "";
  for await (const text of running.process.stdout.setEncoding("utf8")) stdout += text;
  return { ...(await running.ended), stdout: stdout.replace(/\n$/, "") };
}
