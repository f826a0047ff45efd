import { CommanderError } from "commander";
import { createProgram } from "./program.ts";

/**
 * Runs one command of the command line and resolves to its exit code: 0 when it did its work or was told to end
 * (Ctrl-C, SIGTERM), 1 with one sentence on the standard error otherwise. `INBAND_DEBUG=1` adds the stack.
 */
export async function main(args: readonly string[]): Promise<number> {
  const ending = new AbortController();
  const end = () => {
    if (ending.signal.aborted) process.exit(130);
    ending.abort();
  };
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const signal of signals) process.on(signal, end);
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    // The reader of a pipe has left (`inband subscribe ... | head -1`): nobody wants more.
    if (error.code === "EPIPE") ending.abort();
    else throw error;
  });
  const crash = (error: unknown) => {
    tell(error);
    process.exit(1);
  };
  process.on("uncaughtException", crash);
  try {
    await createProgram(ending.signal).parseAsync(args, { from: "user" });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode;
    if (ending.signal.aborted && isAbort(error, ending.signal)) return 0;
    tell(error);
    return 1;
  } finally {
    process.off("uncaughtException", crash);
    for (const signal of signals) process.off(signal, end);
  }
}

function tell(error: unknown): void {
  console.error(process.env.INBAND_DEBUG ? error : error instanceof Error ? error.message : String(error));
}

function isAbort(error: unknown, signal: AbortSignal): boolean {
  return error === signal.reason || (error instanceof Error && error.name === "AbortError");
}
