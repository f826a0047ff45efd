import { CommanderError } from "commander";
import { drained } from "./output.ts";
import { createProgram } from "./program.ts";
import { UsageError } from "./usage-error.ts";

const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
/** Leaving a stage takes a second or two; what takes longer after a signal hangs. */
const endsWithinMs = 6_000;
/** The terminal sends Ctrl-C to the command and to whoever started it, and npm hands it on once more. */
const samePressMs = 500;

/**
 * Runs one command of the command line and resolves to its exit code, when the readers of the standard output and error
 * have taken all of it or have left: 0 when it did its work or was told to end (Ctrl-C, SIGTERM), 1 where `inspect --lint`
 * found errors or `doctor` losses, 2 where `doctor` was called in a way that makes no sense or a stage's address holds a user or
 * a password, and 1 with one sentence on the standard error otherwise. `INBAND_DEBUG=1` adds the stack.
 */
export async function main(args: readonly string[]): Promise<number> {
  const ending = new AbortController();
  let patience: NodeJS.Timeout | undefined;
  let toldAt = Number.NEGATIVE_INFINITY;
  let isOver = false;
  const release = () => {
    for (const signal of signals) process.off(signal, end);
  };
  // The default action of a signal waits for nothing, not even for a thread that reads a silent pipe.
  const endNow = (signal: NodeJS.Signals) => {
    release();
    process.kill(process.pid, signal);
  };
  const end = (signal: NodeJS.Signals) => {
    if (performance.now() - toldAt < samePressMs) return;
    if (isOver || ending.signal.aborted) return endNow(signal);
    toldAt = performance.now();
    patience = setTimeout(endNow, endsWithinMs, signal);
    ending.abort();
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
    void told(error).then(() => process.exit(1));
  };
  process.on("uncaughtException", crash);
  try {
    let code = 0;
    const program = createProgram(ending.signal, () => {
      code = 1;
    });
    await program.parseAsync(args, { from: "user" });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode;
    if (ending.signal.aborted && isAbort(error, ending.signal)) return 0;
    await told(error);
    return error instanceof UsageError ? 2 : 1;
  } finally {
    // From here on a signal ends the process itself, whatever its readers do.
    isOver = true;
    clearTimeout(patience);
    await drained();
    release();
    process.off("uncaughtException", crash);
  }
}

/** Loads what tells errors where there is one: it knows the addresses of media, which take longer to load than `--help`. */
async function told(error: unknown): Promise<void> {
  const { tellError } = await import("./tell-error.ts");
  tellError(error);
  await drained();
}

function isAbort(error: unknown, signal: AbortSignal): boolean {
  return error === signal.reason || (error instanceof Error && error.name === "AbortError");
}
