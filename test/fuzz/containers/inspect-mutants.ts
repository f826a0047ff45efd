import { fork } from "node:child_process";
import { once } from "node:events";

/** What was promised of one file and did not hold. */
export interface MutantFailure {
  readonly index: number;
  readonly error: string;
}

/** Which mutants are inspected. */
export interface MutantWork {
  readonly seed: number;
  /** The first of them. */
  readonly first: number;
  /** The one behind the last. */
  readonly end: number;
  /** A file that takes longer hangs. */
  readonly hangMs: number;
  /** A folder for one file at a time. */
  readonly folder: string;
}

/** What the process that inspects tells: a file begins, or is over. */
export type MutantProgress = { readonly index: number } & (
  | { readonly kind: "begun" }
  | { readonly kind: "ended"; readonly error: string | undefined; readonly overBytes: number }
);

/** How much more than the size of the file inspecting may take. */
const overBytesLimit = 300 << 20;

/**
 * Inspects mutated containers in a process of their own, which begins again behind one that crashes or hangs it. A failure
 * is an end of the process, none within `hangMs`, 300 MiB more than before the file and its size, or another error than a
 * MediaError.
 */
export async function inspectMutants(
  work: MutantWork,
  ended: (index: number) => void = () => undefined,
): Promise<MutantFailure[]> {
  const failures: MutantFailure[] = [];
  for (let first = work.first; first < work.end; ) {
    const child = fork(new URL("./inspecting-process.ts", import.meta.url), [JSON.stringify({ ...work, first })], {
      execArgv: ["--conditions=@inband/source", "--expose-gc"],
    });
    let current = first;
    let hanging: NodeJS.Timeout | undefined;
    let didHang = false;
    child.on("message", (progress: MutantProgress) => {
      clearTimeout(hanging);
      current = progress.index;
      if (progress.kind === "begun") {
        hanging = setTimeout(() => {
          didHang = true;
          child.kill("SIGKILL");
        }, work.hangMs);
        return;
      }
      current += 1;
      const { index, error, overBytes } = progress;
      if (error !== undefined) failures.push({ index, error });
      if (overBytes > overBytesLimit) failures.push({ index, error: `${overBytes} bytes over the size of the file` });
      ended(index);
    });
    const [code, signal] = await once(child, "exit");
    clearTimeout(hanging);
    if (code === 0) break;
    const error = didHang ? `no end within ${work.hangMs / 1000} s` : `the process ended with ${code ?? signal}`;
    failures.push({ index: current, error });
    first = current + 1;
  }
  return failures;
}
