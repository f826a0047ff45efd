import { createHash } from "node:crypto";
import { existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import type { Failure } from "./fuzzer.ts";

const folder = join(import.meta.dirname, "failures");

/** An input that once failed. */
export interface SavedFailure {
  readonly target: string;
  /** Relative to the folder of all failures. */
  readonly file: string;
  readonly input: Uint8Array;
}

/** Writes the input where the replay finds it for ever; returns the path. */
export function saveFailure({ target, input }: Pick<Failure, "target" | "input">): string {
  const hash = createHash("sha256").update(input).digest("hex").slice(0, 16);
  const file = join(folder, target, `${hash}.bin`);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, input);
  return relative(process.cwd(), file);
}

/** Every input that once failed. */
export function savedFailures(): SavedFailure[] {
  if (!existsSync(folder)) return [];
  return globSync("*/*.bin", { cwd: folder })
    .sort()
    .map((file) => ({ target: dirname(file), file, input: new Uint8Array(readFileSync(join(folder, file))) }));
}
