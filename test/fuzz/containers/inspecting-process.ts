import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { MediaError } from "@inband/media";
import { inspect } from "@inband/media/inspect";
import type { MutantProgress, MutantWork } from "./inspect-mutants.ts";
import { mutantOf } from "./mutants.ts";
import { seedContainers } from "./seed-containers.ts";

/** How often the memory of the process is looked at while a file is inspected. */
const sampleMs = 20;

const work = JSON.parse(process.argv[2] ?? "") as MutantWork;
const seeds = await seedContainers();
const tell = (progress: MutantProgress): void => void process.send?.(progress);

for (let index = work.first; index < work.end; index += 1) {
  const { extension, bytes } = mutantOf(seeds, work.seed, index);
  const path = join(work.folder, `mutant.${extension}`);
  writeFileSync(path, bytes);
  globalThis.gc?.();
  const before = process.memoryUsage.rss();
  let peak = before;
  const sample = (): void => {
    peak = Math.max(peak, process.memoryUsage.rss());
  };
  const sampling = setInterval(sample, sampleMs);
  tell({ kind: "begun", index });
  let error: string | undefined;
  try {
    await inspect(path, { lint: index % 2 === 0 });
  } catch (thrown) {
    if (!(thrown instanceof MediaError))
      error = thrown instanceof Error ? (thrown.stack ?? String(thrown)) : String(thrown);
  }
  sample();
  clearInterval(sampling);
  tell({ kind: "ended", index, error, overBytes: peak - before - bytes.length });
}
process.disconnect?.();
