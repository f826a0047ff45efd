import { findStartCode, trimTrailingZeros } from "./start-code.ts";

/** Options of {@link AnnexBSplitter}. */
export interface AnnexBSplitterOptions {
  /**
   * Most bytes of one NAL unit, the zeros after it not counted; a longer one is skipped and counted, so that a stream
   * without start codes takes little more memory than this.
   *
   * @defaultValue 8388608: the first picture of a sequence of level 5.2 takes up to 384 * 36864 / 2 = 7077888 (A.3.1).
   */
  readonly maxNalUnitBytes?: number;
}

/** Pieces of a NAL unit below this size are put together: each costs some hundred bytes beside its own. */
const smallPieceBytes = 4096;

/**
 * Finds the NAL units of a byte stream that comes in chunks of any size. ITU-T H.264 B.1.
 *
 * The result does not depend on where the chunks end. Chunks are kept until the NAL units in them are complete: do not
 * write to them. NAL units are views of a chunk, or fresh where they span several.
 */
export class AnnexBSplitter {
  readonly #maxNalUnitBytes: number;
  /** The NAL unit so far, up to its last byte that is not 00. */
  #pieces: Uint8Array[] = [];
  #pieceBytes = 0;
  /** The zeros after that: they belong to it when something else follows than a start code. */
  #pendingZeros = 0;
  #isInside = false;
  #isTooLarge = false;
  /** The zeros, at most two, with which the last chunk ended. */
  #zeros = 0;
  #skippedNalUnits = 0;

  /** Throws RangeError for an option out of range. */
  constructor({ maxNalUnitBytes = 8_388_608 }: AnnexBSplitterOptions = {}) {
    if (!(maxNalUnitBytes > 0)) {
      throw new RangeError(`maxNalUnitBytes: expected a positive number, got ${maxNalUnitBytes}`);
    }
    this.#maxNalUnitBytes = maxNalUnitBytes;
  }

  /** NAL units that were skipped because they exceed `maxNalUnitBytes`. */
  get skippedNalUnits(): number {
    return this.#skippedNalUnits;
  }

  /** Takes a chunk; returns the NAL units that are complete now, which is when the next start code has been seen. */
  push(chunk: Uint8Array): Uint8Array[] {
    const nals: Uint8Array[] = [];
    const length = chunk.length;
    let start = 0;
    const spanning = this.#zeros === 2 && chunk[0] === 1 ? 1 : this.#startsAfterOneZero(chunk) ? 2 : 0;
    if (spanning > 0) {
      this.#finish(nals);
      start = spanning;
    }
    for (let code = findStartCode(chunk, start); code < length; code = findStartCode(chunk, start)) {
      if (this.#isInside && !this.#hasBegun) this.#take(chunk, start, code, nals);
      else {
        if (this.#isInside) this.#keep(chunk, start, code);
        this.#finish(nals);
      }
      start = code + 3;
    }
    if (this.#isInside) this.#keep(chunk, start, length);
    let zeros = 0;
    while (zeros < 2 && zeros < length - start && chunk[length - 1 - zeros] === 0) zeros += 1;
    this.#zeros = zeros === length && start === 0 ? Math.min(2, this.#zeros + zeros) : zeros;
    return nals;
  }

  /** The NAL unit at the end of the stream. */
  flush(): Uint8Array[] {
    const nals: Uint8Array[] = [];
    this.#finish(nals);
    this.#isInside = false;
    this.#zeros = 0;
    return nals;
  }

  #startsAfterOneZero(chunk: Uint8Array): boolean {
    return this.#zeros >= 1 && chunk[0] === 0 && chunk[1] === 1;
  }

  /** Whether something of the NAL unit, be it zeros, stood in a chunk before. */
  get #hasBegun(): boolean {
    return this.#pieceBytes > 0 || this.#pendingZeros > 0;
  }

  /** A NAL unit that lies in one chunk, as nearly all do. */
  #take(chunk: Uint8Array, start: number, end: number, nals: Uint8Array[]): void {
    const last = trimTrailingZeros(chunk, start, end);
    if (last - start > this.#maxNalUnitBytes) this.#skippedNalUnits += 1;
    else if (last > start) nals.push(chunk.subarray(start, last));
  }

  #keep(chunk: Uint8Array, start: number, end: number): void {
    const last = trimTrailingZeros(chunk, start, end);
    const zeros = this.#pendingZeros;
    this.#pendingZeros = last > start ? end - last : zeros + end - last;
    if (last === start || this.#isTooLarge) return;
    this.#pieceBytes += zeros + last - start;
    if (this.#pieceBytes > this.#maxNalUnitBytes) {
      this.#isTooLarge = true;
      this.#pieces = [];
    } else {
      if (zeros > 0) this.#append(new Uint8Array(zeros));
      this.#append(chunk.subarray(start, last));
    }
  }

  #append(piece: Uint8Array): void {
    const pieces = this.#pieces;
    let last = piece;
    for (;;) {
      const before = pieces.at(-1);
      if (before === undefined || before.length > last.length || last.length >= smallPieceBytes) break;
      pieces.pop();
      last = concat([before, last], before.length + last.length);
    }
    pieces.push(last);
  }

  /** Ends the NAL unit that is kept, if any, and begins the next. */
  #finish(nals: Uint8Array[]): void {
    const pieces = this.#pieces;
    if (this.#isTooLarge) this.#skippedNalUnits += 1;
    else if (pieces.length > 0) {
      nals.push(pieces.length === 1 ? (pieces[0] as Uint8Array) : concat(pieces, this.#pieceBytes));
    }
    this.#pieces = [];
    this.#pieceBytes = 0;
    this.#pendingZeros = 0;
    this.#isTooLarge = false;
    this.#isInside = true;
  }
}

function concat(pieces: readonly Uint8Array[], length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}
