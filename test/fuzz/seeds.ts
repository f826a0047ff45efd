import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Random } from "@inband/rig/random";
import { mbaff, slices } from "../../packages/h264/test/vectors.ts";
import { maxInputBytes } from "./mutate.ts";

/** Real bytes to mutate: what FFmpeg made, and the files of the folder that INBAND_CORPUS names. */
export class Seeds {
  readonly #seeds: readonly Uint8Array[];
  readonly corpusFiles: number;

  constructor(folder: string | undefined = process.env.INBAND_CORPUS) {
    const files = folder && existsSync(folder) ? mediaFiles(folder) : [];
    this.corpusFiles = files.length;
    this.#seeds = [slices.bytes, mbaff.bytes, ...files.map((file) => new Uint8Array(readFileSync(file)))];
  }

  /** A piece of one of them. */
  pick(random: Random): Uint8Array {
    const seed = random.pick(this.#seeds);
    const start = random.oneIn(2) ? 0 : random.integer(0, seed.length);
    return seed.slice(start, start + random.integer(0, random.pick([1000, 8000, maxInputBytes])));
  }
}

function mediaFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.endsWith(".json"))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}
