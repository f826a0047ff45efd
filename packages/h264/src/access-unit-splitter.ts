import type { AccessUnit } from "./access-unit.ts";
import { AnnexBSplitter } from "./annex-b-splitter.ts";
import { readNalUnit } from "./bit-reader.ts";
import { beginsAccessUnit, followsSlices, isVclNalUnitType, NalUnitType, nalUnitType } from "./nal-unit.ts";
import { type Pps, readPps } from "./pps.ts";
import {
  firstMbKey,
  isNewPicture,
  readSliceHeader,
  type SliceHeader,
  sliceFirstMb,
  slicePpsId,
} from "./slice-header.ts";
import { readSps, type Sps } from "./sps.ts";

/** The NAL units of one access unit: an {@link AccessUnit} whose time is not known. */
export type AccessUnitNals = Pick<AccessUnit, "nalUnits" | "isKeyFrame">;

/** Options of {@link AccessUnitSplitter}. */
export interface AccessUnitSplitterOptions {
  /**
   * Most bytes of one access unit, every NAL unit counted as 128 more; a larger one is skipped and counted.
   *
   * @defaultValue 33554432: the first picture of a sequence of level 6.2 takes up to 384 * 139264 / 2 = 26738688 (A.3.1).
   */
  readonly maxAccessUnitBytes?: number;
}

/** What a view and its place in a list take in V8, 116 bytes, and a little more. */
const nalUnitOverheadBytes = 128;

/**
 * Groups NAL units into access units. ITU-T H.264 7.4.1.2.3, 7.4.1.2.4.
 *
 * Knows several slices per picture in any order, fields, redundant and auxiliary pictures, data partitions and lost
 * slices, because it compares slice headers by the parameter sets in force. Pictures that an encoder does not number are
 * parted where a macroblock begins a slice for the second time (7.4.3). Where parameter sets are missing, a slice that
 * begins with macroblock 0 begins a picture. It never throws for any bytes.
 */
export class AccessUnitSplitter {
  readonly #maxAccessUnitBytes: number;
  readonly #sps = new Map<number, Sps>();
  readonly #pps = new Map<number, Pps>();
  #nals: Uint8Array[] = [];
  #bytes = 0;
  /** Bytes of the buffers that the NAL units are views of, as far as they were not copied out. */
  #bufferBytes = 0;
  #buffer: ArrayBufferLike | undefined;
  #isKeyFrame = false;
  #hasPrimary = false;
  /** The slice header of the primary picture, where it could be read. */
  #header: SliceHeader | undefined;
  /** With which macroblocks slices of the primary picture begin; no more than its NAL units, which are bounded. */
  #firstMbs = new Set<number>();
  /** Where the prefix NAL units begin that wait for the slice that says whose they are; -1 for none. */
  #prefixIndex = -1;
  /** The type of the NAL unit that ended the sequence or the stream, 0 for none. */
  #endedBy = 0;
  #skippedAccessUnits = 0;

  /** Throws RangeError for an option out of range. */
  constructor({ maxAccessUnitBytes = 33_554_432 }: AccessUnitSplitterOptions = {}) {
    if (!(maxAccessUnitBytes > 0)) {
      throw new RangeError(`maxAccessUnitBytes: expected a positive number, got ${maxAccessUnitBytes}`);
    }
    this.#maxAccessUnitBytes = maxAccessUnitBytes;
  }

  /** Access units that were skipped because they exceed `maxAccessUnitBytes`. */
  get skippedAccessUnits(): number {
    return this.#skippedAccessUnits;
  }

  /** Takes the next NAL unit in decoding order; returns the access unit before it when the NAL unit begins another. */
  push(nal: Uint8Array): AccessUnitNals | undefined {
    const type = nalUnitType(nal);
    // Slices that refer to a broken parameter set fall back to first_mb_in_slice, or to the one it would have replaced.
    if (type === NalUnitType.Sps) {
      const sps = readNalUnit(nal, readSps);
      if (sps !== undefined) this.#sps.set(sps.id, sps);
    } else if (type === NalUnitType.Pps) {
      const pps = readNalUnit(nal, readPps);
      if (pps !== undefined) this.#pps.set(pps.id, pps);
    }
    const isSlice =
      type === NalUnitType.SliceNonIdr || type === NalUnitType.SliceIdr || type === NalUnitType.DataPartitionA;
    const ended = isSlice ? this.#beforeSlice(nal) : this.#beforeOther(type);
    if (type === NalUnitType.SliceIdr) this.#isKeyFrame = true;
    if (this.#hasPrimary && (type === NalUnitType.EndOfSequence || type === NalUnitType.EndOfStream))
      this.#endedBy = type;
    this.#keep(nal);
    return ended;
  }

  /** The access unit at the end of the stream; without a VCL NAL unit when the stream ends in none. */
  flush(): AccessUnitNals | undefined {
    return this.#close(this.#nals.length);
  }

  #keep(nal: Uint8Array): void {
    this.#bytes += nal.length + nalUnitOverheadBytes;
    if (this.#bytes <= this.#maxAccessUnitBytes) {
      this.#nals.push(nal);
      this.#hold(nal.buffer);
    } else {
      this.#nals = [];
      this.#prefixIndex = -1;
    }
  }

  /** A few bytes may keep a large chunk in memory: where chunks exceed the limit, what is needed of them is copied out. */
  #hold(buffer: ArrayBufferLike): void {
    if (buffer === this.#buffer) return;
    this.#buffer = buffer;
    this.#bufferBytes += buffer.byteLength;
    if (this.#bufferBytes <= this.#maxAccessUnitBytes + this.#bytes) return;
    this.#nals = this.#nals.map((nal) => new Uint8Array(nal));
    this.#bufferBytes = 0;
  }

  #beforeSlice(nal: Uint8Array): AccessUnitNals | undefined {
    const header = this.#readHeader(nal);
    if (header !== undefined && header.redundantPicCnt > 0 && this.#hasPrimary) {
      this.#prefixIndex = -1;
      return undefined;
    }
    let ended: AccessUnitNals | undefined;
    if (this.#hasPrimary && (this.#endedBy > 0 || this.#startsPicture(nal, header))) {
      ended = this.#close(this.#prefixIndex < 0 ? this.#nals.length : this.#prefixIndex);
    }
    this.#hasPrimary = true;
    this.#header = header;
    if (header !== undefined && this.#bytes <= this.#maxAccessUnitBytes) this.#firstMbs.add(firstMbKey(header));
    this.#prefixIndex = -1;
    return ended;
  }

  #startsPicture(nal: Uint8Array, header: SliceHeader | undefined): boolean {
    if (header !== undefined && this.#header !== undefined) {
      return isNewPicture(this.#header, header) || this.#firstMbs.has(firstMbKey(header));
    }
    return sliceFirstMb(nal) === 0;
  }

  #beforeOther(type: number): AccessUnitNals | undefined {
    if (!this.#hasPrimary) {
      // Data partitions B and C whose partition A is lost are a picture as well.
      this.#hasPrimary = isVclNalUnitType(type);
      return undefined;
    }
    if (type === NalUnitType.Prefix && this.#endedBy === 0) {
      if (this.#prefixIndex < 0) this.#prefixIndex = this.#nals.length;
      return undefined;
    }
    const begins =
      beginsAccessUnit(type) ||
      this.#endedBy === NalUnitType.EndOfStream ||
      (this.#endedBy > 0 && !followsSlices(type));
    if (!begins || type === NalUnitType.EndOfStream) return undefined;
    return this.#close(this.#prefixIndex < 0 ? this.#nals.length : this.#prefixIndex);
  }

  /** The access unit of the first `count` NAL units; the others begin the next. */
  #close(count: number): AccessUnitNals | undefined {
    const isTooLarge = this.#bytes > this.#maxAccessUnitBytes;
    const nalUnits = this.#nals;
    const isKeyFrame = this.#isKeyFrame;
    this.#nals = nalUnits.splice(count);
    this.#bytes = 0;
    this.#bufferBytes = this.#nals.length > 0 ? (this.#buffer?.byteLength ?? 0) : 0;
    for (const nal of this.#nals) this.#bytes += nal.length + nalUnitOverheadBytes;
    this.#isKeyFrame = false;
    this.#hasPrimary = false;
    this.#header = undefined;
    if (this.#firstMbs.size > 0) this.#firstMbs = new Set();
    this.#prefixIndex = -1;
    this.#endedBy = 0;
    if (isTooLarge) this.#skippedAccessUnits += 1;
    return isTooLarge || nalUnits.length === 0 ? undefined : { nalUnits, isKeyFrame };
  }

  #readHeader(nal: Uint8Array): SliceHeader | undefined {
    const pps = this.#pps.get(slicePpsId(nal));
    const sps = pps && this.#sps.get(pps.spsId);
    return pps && sps && readSliceHeader(nal, sps, pps);
  }
}

/**
 * The access units of an Annex B byte stream in chunks of any size. ITU-T H.264 7.4.1.2.4.
 *
 * @example
 * ```ts
 * for await (const { nalUnits, isKeyFrame } of splitAccessUnits(createReadStream("video.h264"))) { ... }
 * ```
 */
export function splitAccessUnits(chunks: Uint8Array | Iterable<Uint8Array>): Generator<AccessUnitNals, void, void>;
/** The same for chunks that arrive over time. */
export function splitAccessUnits(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<AccessUnitNals, void, void>;
export function splitAccessUnits(
  chunks: Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): Generator<AccessUnitNals, void, void> | AsyncGenerator<AccessUnitNals, void, void> {
  if (chunks instanceof Uint8Array) return splitChunks([chunks]);
  return Symbol.asyncIterator in chunks ? splitAsyncChunks(chunks) : splitChunks(chunks);
}

function* splitChunks(chunks: Iterable<Uint8Array>): Generator<AccessUnitNals, void, void> {
  const nals = new AnnexBSplitter();
  const accessUnits = new AccessUnitSplitter();
  for (const chunk of chunks) yield* group(nals.push(chunk), accessUnits);
  yield* group(nals.flush(), accessUnits);
  const last = accessUnits.flush();
  if (last !== undefined) yield last;
}

async function* splitAsyncChunks(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<AccessUnitNals, void, void> {
  const nals = new AnnexBSplitter();
  const accessUnits = new AccessUnitSplitter();
  for await (const chunk of chunks) yield* group(nals.push(chunk), accessUnits);
  yield* group(nals.flush(), accessUnits);
  const last = accessUnits.flush();
  if (last !== undefined) yield last;
}

function* group(nals: readonly Uint8Array[], accessUnits: AccessUnitSplitter): Generator<AccessUnitNals, void, void> {
  for (const nal of nals) {
    const ended = accessUnits.push(nal);
    if (ended !== undefined) yield ended;
  }
}
