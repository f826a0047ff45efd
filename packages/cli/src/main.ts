import { CommanderError } from "commander";
import { drained, tellError } from "./output.ts";
import { createProgram } from "./program.ts";

const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Runs one command of the command line and resolves to its exit code, when the readers of the standard output and error
 * have taken all of it or have left: 0 when it did its work or was told to end (Ctrl-C, SIGTERM), 1 with one sentence on
 * the standard error otherwise. `INBAND_DEBUG=1` adds the stack.
 */
export async function main(args: readonly string[]): Promise<number> {
  const ending = new AbortController();
  const release = () => {
    for (const signal of signals) process.off(signal, end);
  };
  const end = (signal: NodeJS.Signals) => {
    if (!ending.signal.aborted) return ending.abort();
    // Asked twice: the default action of the signal waits for nothing.
    release();
    process.kill(process.pid, signal);
  };
  for (const signal of signals) process.on(signal, end);
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      // The reader of a pipe has left (`inband subscribe ... | head -1`): nobody wants more.
      if (error.code === "EPIPE") ending.abort();
      else throw error;
    });
  }
  const crash = (error: unknown) => {
    process.off("uncaughtException", crash);
    tellError(error);
    void drained().then(() => process.exit(1));
  };
  process.on("uncaughtException", crash);
  try {
    await createProgram(ending.signal).parseAsync(args, { from: "user" });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode;
    if (ending.signal.aborted && isAbort(error, ending.signal)) return 0;
    tellError(error);
    return 1;
  } finally {
    // From here on a signal ends the process itself, whatever its readers do.
    release();
    await drained();
    process.off("uncaughtException", crash);
  }
}

function isAbort(error: unknown, signal: AbortSignal): boolean {
  return error === signal.reason || (error instanceof Error && error.name === "AbortError");
}
