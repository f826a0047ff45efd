import { displayable } from "./plain-text.ts";

/** Writes one line to the standard output: what the command is for. */
export function print(line: string): void {
  process.stdout.write(`${displayable(line)}\n`);
}

/** Writes one line to the standard error: what goes on beside it. */
export function tell(line: string): void {
  process.stderr.write(`${displayable(line)}\n`);
}

/**
 * Resolves when the readers of both outputs have taken everything, or have left. A pipe holds 64 KiB; the rest waits in
 * this process, and is lost when it exits.
 */
export async function drained(): Promise<void> {
  await Promise.all([process.stdout, process.stderr].map(written));
}

async function written(stream: NodeJS.WriteStream): Promise<void> {
  if (stream.writableLength === 0) return;
  // A reader that has left answers with an error, which is an end as well.
  await new Promise<void>((resolve) => stream.write("", () => resolve()));
}
