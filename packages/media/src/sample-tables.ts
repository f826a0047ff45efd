import type { StoredBytes } from "./stored-bytes.ts";

/** Boxes that hold boxes on the way to sample tables (ISO/IEC 14496-12 Table 1). */
const holders = new Set(["trak", "mdia", "minf", "stbl", "traf"]);
const mostBoxes = 1_000_000;
const mostTableBytes = 512 << 20;

const firstBoxes = /^(?:ftyp|styp|moov|moof|mdat|free|skip|wide|pnot|sidx|emsg|uuid|prft)$/;

/** Whether bytes begin with a box that an ISO base media file may begin with (ISO/IEC 14496-12 4.2). */
export function isIsoBaseMedia(head: Uint8Array): boolean {
  return firstBoxes.test(String.fromCharCode(...head.subarray(4, 8)));
}

/** What {@link checkTables} found. */
export type TableCheck = "fine" | "forged" | "no-movie";

/**
 * Whether an ISO base media file has a moov box, and whether its sample tables announce no more samples than it has bytes
 * ("forged" where they do).
 *
 * Four bytes can announce four thousand million samples, and readers that believe them run out of time or memory.
 */
export async function checkTables(file: StoredBytes): Promise<TableCheck> {
  const budget = { samples: Math.max(65_536, file.sizeBytes), boxes: mostBoxes };
  let hasMovie = false;
  for (let position = 0; position + 8 <= file.sizeBytes; ) {
    const box = readBox(await file.read(position, 16), 0, file.sizeBytes - position);
    if (box === undefined) break;
    if (box.type === "moov" || box.type === "moof") {
      if (box.end > mostTableBytes) return "forged";
      if (!isPlausible(await file.read(position + box.start, box.end - box.start), budget)) return "forged";
    }
    hasMovie ||= box.type === "moov";
    budget.boxes -= 1;
    if (budget.boxes < 0) return "forged";
    position += box.end;
  }
  return hasMovie ? "fine" : "no-movie";
}

interface Budget {
  /** How many samples the fragments may still announce; each table by itself may as many. */
  samples: number;
  boxes: number;
}

/** The first box of the bytes at `at`, which has `room` bytes; undefined when it is none. */
function readBox(
  bytes: Uint8Array,
  at: number,
  room: number,
): { type: string; start: number; end: number } | undefined {
  if (bytes.length - at < 8) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
  const size = view.getUint32(at);
  const isLarge = size === 1 && bytes.length - at >= 16;
  const start = isLarge ? 16 : 8;
  const end = size === 0 ? room : isLarge ? Number(view.getBigUint64(at + 8)) : size;
  return end < start ? undefined : { type, start, end: Math.min(end, room) };
}

function isPlausible(bytes: Uint8Array, budget: Budget, depth = 0): boolean {
  if (depth > holders.size) return false;
  for (let at = 0; at < bytes.length; ) {
    const box = readBox(bytes, at, bytes.length - at);
    if (box === undefined) return true;
    budget.boxes -= 1;
    if (budget.boxes < 0) return false;
    const content = bytes.subarray(at + box.start, at + box.end);
    if (holders.has(box.type) ? !isPlausible(content, budget, depth + 1) : !isPlausibleTable(box.type, content, budget))
      return false;
    at += box.end;
  }
  return true;
}

/** `content` begins with version and flags. */
function isPlausibleTable(type: string, content: Uint8Array, budget: Budget): boolean {
  const view = new DataView(content.buffer, content.byteOffset, content.length);
  const rows = (offset: number, rowBytes: number): boolean =>
    content.length < offset + 4 || view.getUint32(offset) <= (content.length - offset - 4) / rowBytes;
  switch (type) {
    case "stts":
    case "ctts": {
      if (!rows(4, 8)) return false;
      let samples = 0;
      for (let at = 8; at + 8 <= content.length; at += 8) samples += view.getUint32(at);
      return samples <= budget.samples;
    }
    case "stsz": {
      if (content.length < 12) return true;
      return view.getUint32(4) === 0 ? rows(8, 4) : view.getUint32(8) <= budget.samples;
    }
    case "stsc":
      return rows(4, 12);
    case "stco":
    case "stss":
      return rows(4, 4);
    case "co64":
      return rows(4, 8);
    case "trun": {
      if (content.length < 8) return true;
      budget.samples -= view.getUint32(4);
      return budget.samples >= 0;
    }
    default:
      return true;
  }
}
