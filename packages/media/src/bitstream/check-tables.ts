import { readBox } from "./iso-box.ts";
import { SampleTables, slackSamples } from "./sample-tables.ts";
import type { StoredBytes } from "./stored-bytes.ts";
import type { Check, TableCheck } from "./table-check.ts";

/** Boxes that hold boxes on the way to sample tables (ISO/IEC 14496-12 Table 1). */
const holders = new Set(["trak", "mdia", "minf", "stbl", "traf"]);
const mostBoxes = 1_000_000;
const mostTableBytes = 512 << 20;

/**
 * Checks the sample tables of an ISO base media file before a reader trusts them: four bytes can announce four thousand
 * million samples, and readers that walk them run out of time or memory.
 */
export async function checkTables(file: StoredBytes): Promise<TableCheck> {
  const check: Check = {
    ...{ hasMovie: false, hasSamples: false, hasFragments: false, movies: 0, hasSeveralEntries: false },
    ...{ hasLargeChunks: false, forged: "no", sizeBytes: file.sizeBytes },
    ...{ fragmentSamples: Math.max(slackSamples, file.sizeBytes), boxes: mostBoxes },
  };
  for (let position = 0; position + 8 <= file.sizeBytes && check.forged !== "wholly"; ) {
    const box = readBox(await file.read(position, 16), 0, file.sizeBytes - position);
    if (box === undefined) break;
    if (box.isCut) check.cutBox = position;
    if (box.type === "moov") check.movies += 1;
    if (box.type === "moof") check.hasFragments = true;
    if (box.type === "moov" || box.type === "moof") {
      if (box.end > mostTableBytes) check.forged = "wholly";
      else walk(await file.read(position + box.start, box.end - box.start), check, new SampleTables(), 0);
    }
    countBox(check);
    position += box.end;
  }
  check.hasMovie = check.movies > 0;
  return check;
}

function countBox(check: Check): void {
  check.boxes -= 1;
  if (check.boxes < 0) check.forged = "wholly";
}

function walk(bytes: Uint8Array, check: Check, tables: SampleTables, depth: number): void {
  if (depth > holders.size) {
    check.forged = "wholly";
    return;
  }
  for (let at = 0; at < bytes.length && check.forged !== "wholly"; ) {
    const box = readBox(bytes, at, bytes.length - at);
    if (box === undefined) return;
    countBox(check);
    const content = bytes.subarray(at + box.start, at + box.end);
    if (holders.has(box.type)) {
      const inner = box.type === "stbl" ? new SampleTables() : tables;
      walk(content, check, inner, depth + 1);
      if (box.type === "stbl") inner.judge(check);
    } else if (box.type === "trun" || box.type === "tfhd") tables.readFragment(box.type, content, check);
    else tables.read(box.type, content, check);
    at += box.end;
  }
}
