import type { Check } from "./table-check.ts";

/** What a table may announce beyond the others: writers are off by some, and so many cost nothing. */
export const slackSamples = 65_536;
/** mediabunny adds up the sizes of a chunk for each of its samples. */
const mostSamplesPerChunk = 1024;

/** The sample tables of one track (ISO/IEC 14496-12 8.6, 8.7). */
export class SampleTables {
  /** The sample count of stsz or stz2. */
  #samples = 0;
  #sampleBytes = 0;
  /** How many samples stts or ctts gives times to, whichever is more. */
  #timed = 0;
  #chunks = 0;
  /** first_chunk and samples_per_chunk of each row of stsc. */
  #runs: [number, number][] = [];
  /** default_sample_size of tfhd. */
  #defaultBytes = 0;

  /** Reads a table; `content` begins with version and flags. */
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

  /** Reads trun or tfhd of a track fragment (8.8). */
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

  /** Compares the tables once all have been read. */
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
