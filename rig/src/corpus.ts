import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { TestContext } from "vitest";

/** One file of the corpus, and what FFmpeg, GStreamer and an independent parser say about it. */
export interface CorpusFile {
  readonly file: string;
  readonly kind: string;
  readonly ground_truth?: {
    /** Access units. */
    readonly au: number;
    readonly nal_types: Readonly<Record<string, number>>;
    readonly sei_types: Readonly<Record<string, number>>;
    readonly user_data: number;
    /** Whether all three say the same. */
    readonly agree: boolean;
  };
}

/** The folder that INBAND_CORPUS names; empty when it is not set. */
const folder = process.env.INBAND_CORPUS ?? "";
const manifest = join(folder, "manifest.json");
const isThere = folder !== "" && existsSync(manifest);

/** The files of the corpus; none without a corpus. */
export const corpusFiles: readonly CorpusFile[] = isThere ? JSON.parse(readFileSync(manifest, "utf8")) : [];

/** The path of a file of the corpus. */
export function corpusPath(file: string): string {
  return join(folder, file);
}

/** Skips a test, with its reason, without a corpus. */
export function needsCorpus({ skip }: Pick<TestContext, "skip">): void {
  skip(!isThere, "INBAND_CORPUS names no folder with a manifest.json");
}
