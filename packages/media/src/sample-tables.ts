import type { StoredBytes } from "./stored-bytes.ts";

/** Boxes that hold boxes on the way to sample tables (ISO/IEC 14496-12 Table 1). */
const holders = new Set(["trak", "mdia", "minf", "stbl", "traf"]);
const mostBoxes = 1_000_000;
const mostTableBytes = 512 << 20;
/** What a table may announce beyond what the others hold: writers are off by some, and so many cost nothing. */
const slackSamples = 65_536;
/** mediabunny adds up the sizes of a chunk for each of its samples. */
const mostSamplesPerChunk = 1024;

const firstBoxes = /^(?:ftyp|styp|moov|moof|mdat|free|skip|wide|pnot|sidx|emsg|uuid|prft)$/;

/** Whether bytes begin with a box that an ISO base media file may begin with (ISO/IEC 14496-12 4.2). */
export function isIsoBaseMedia(head: Uint8Array): boolean {
  return firstBoxes.test(String.fromCharCode(...head.subarray(4, 8)));
}

/** What {@link checkTables} found. */
export interface TableCheck {
  /** Whether there is a moov box. */
  readonly hasMovie: boolean;
  /** Whether the moov box lists samples. */
  readonly hasSamples: boolean;
  /** Whether there are moof boxes. */
  readonly hasFragments: boolean;
  /** How many moov boxes there are. */
  readonly movies: number;
  /** Where the last box begins when it is larger than what is left of the file. */
  readonly cutBox?: number;
  /** Whether a track has several sample entries, each with parameter sets of its own (8.5.2). */
  readonly hasSeveralEntries: boolean;
  /** Whether a chunk or run holds so many samples that only FFmpeg reads them in linear time and memory. */
  readonly hasLargeChunks: boolean;
  /**
   * Whether tables announce more than the file can hold: "partly" where readers that compare the tables are safe,
   * "wholly" where no other table contradicts them.
   */
  readonly forged: "no" | "partly" | "wholly";
}

/** The same, while it is found out. */
type Check = { -readonly [Key in keyof TableCheck]: TableCheck[Key] } & {
  readonly sizeBytes: number;
  /** How many samples the fragments may still announce. */
  fragmentSamples: number;
  boxes: number;
};

/**
 * Looks into the sample tables of an ISO base media file before a reader believes them: four bytes can announce four
 * thousand million samples, and readers that walk them run out of time or memory.
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
      else walk(await file.read(position + box.start, box.end - box.start), check, new Tables(), 0);
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

/** The first box of the bytes at `at`, which has `room` bytes; undefined when it is none. */
function readBox(
  bytes: Uint8Array,
  at: number,
  room: number,
): { type: string; start: number; end: number; isCut: boolean } | undefined {
  if (bytes.length - at < 8) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
  const size = view.getUint32(at);
  const isLarge = size === 1 && bytes.length - at >= 16;
  const start = isLarge ? 16 : 8;
  const end = size === 0 ? room : isLarge ? Number(view.getBigUint64(at + 8)) : size;
  return end < start ? undefined : { type, start, end: Math.min(end, room), isCut: end > room };
}

function walk(bytes: Uint8Array, check: Check, tables: Tables, depth: number): void {
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
      const inner = box.type === "stbl" ? new Tables() : tables;
      walk(content, check, inner, depth + 1);
      if (box.type === "stbl") inner.judge(check);
    } else if (box.type === "trun" || box.type === "tfhd") tables.readFragment(box.type, content, check);
    else tables.read(box.type, content, check);
    at += box.end;
  }
}

/** The sample tables of one track (ISO/IEC 14496-12 8.6, 8.7). */
class Tables {
  /** Of stsz or stz2. */
  #samples = 0;
  #sampleBytes = 0;
  /** The samples to which stts and ctts give times, whichever are more. */
  #timed = 0;
  #chunks = 0;
  /** first_chunk and samples_per_chunk of each row of stsc. */
  #runs: [number, number][] = [];
  /** default_sample_size of tfhd. */
  #defaultBytes = 0;

  /** `content` begins with version and flags. */
  read(type: string, content: Uint8Array, check: Check): void {
    const view = new DataView(content.buffer, content.byteOffset, content.length);
    const rows = (offset: number, rowBytes: number): number => {
      if (content.length < offset + 4) return 0;
      const count = view.getUint32(offset);
      const room = Math.floor((content.length - offset - 4) / rowBytes);
      if (count > room) check.forged = "partly";
      return Math.min(count, room);
    };
    if (type === "stts" || type === "ctts") {
      let samples = 0;
      for (let row = rows(4, 8), at = 8; row > 0; row -= 1, at += 8) samples += view.getUint32(at);
      this.#timed = Math.max(this.#timed, samples);
    } else if (type === "stsz" && content.length >= 12) {
      this.#sampleBytes = view.getUint32(4);
      this.#samples = this.#sampleBytes === 0 ? rows(8, 4) : view.getUint32(8);
    } else if (type === "stz2" && content.length >= 12) {
      this.#samples = Math.min(view.getUint32(8), content.length * 2);
    } else if (type === "stco") this.#chunks = rows(4, 4);
    else if (type === "co64") this.#chunks = rows(4, 8);
    else if (type === "stss") rows(4, 4);
    else if (type === "stsc") {
      for (let row = rows(4, 12), at = 8; row > 0; row -= 1, at += 12) {
        this.#runs.push([view.getUint32(at), view.getUint32(at + 4)]);
      }
    } else if (type === "stsd" && content.length >= 8 && view.getUint32(4) > 1) check.hasSeveralEntries = true;
  }

  /** trun and tfhd of one track fragment (8.8). */
  readFragment(type: "trun" | "tfhd", content: Uint8Array, check: Check): void {
    if (content.length < 8) return;
    const view = new DataView(content.buffer, content.byteOffset, content.length);
    const flags = view.getUint32(0) & 0xff_ffff;
    if (type === "tfhd") {
      const skipped = (flags & 1 ? 8 : 0) + (flags & 2 ? 4 : 0) + (flags & 8 ? 4 : 0);
      this.#defaultBytes = flags & 16 && content.length >= 12 + skipped ? view.getUint32(8 + skipped) : 0;
      return;
    }
    const samples = view.getUint32(4);
    const fields = [0x100, 0x200, 0x400, 0x800].filter((flag) => (flags & flag) !== 0).length;
    const isTooMany =
      fields > 0 ? samples > content.length / 4 / fields : samples * this.#defaultBytes > check.sizeBytes;
    check.fragmentSamples -= samples;
    if (fields === 0 && samples > slackSamples) check.hasLargeChunks = true;
    if (isTooMany || check.fragmentSamples < 0) check.forged = "wholly";
  }

  /** Compares the tables when all have been read. */
  judge(check: Check): void {
    if (this.#samples > 0) check.hasSamples = true;
    const most = this.#samples + slackSamples;
    if (this.#samples > slackSamples && this.#samples * Math.max(1, this.#sampleBytes) > check.sizeBytes) {
      check.forged = "wholly";
    }
    let inChunks = 0;
    for (const [index, [first, samples]] of this.#runs.entries()) {
      const next = Math.min(this.#runs[index + 1]?.[0] ?? Number.POSITIVE_INFINITY, this.#chunks + 1);
      inChunks += Math.max(0, next - first) * samples;
      if (samples > mostSamplesPerChunk) check.hasLargeChunks = true;
      if (samples > most) check.forged = check.forged === "no" ? "partly" : check.forged;
    }
    if ((inChunks > most || this.#timed > most) && check.forged === "no") check.forged = "partly";
  }
}
