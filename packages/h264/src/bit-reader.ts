import { unescapeEbsp } from "./emulation-prevention.ts";
import { H264Error } from "./h264-error.ts";

/**
 * Reads the syntax elements of an RBSP. ITU-T H.264 7.2, 9.1.
 *
 * Never throws while it reads, as an error costs more than a slice header: past the end and after a bad value there are
 * ones. `isBroken` and `check` tell.
 */
export class BitReader {
  readonly #bytes: Uint8Array;
  #at = 8;
  #problem: "truncated" | "bad-value" | undefined;
  #problemAt = 0;

  /** Begins behind the header of a NAL unit without emulation prevention bytes. */
  constructor(nal: Uint8Array) {
    this.#bytes = nal;
  }

  /** Whether an element reached past the end or was out of range: nothing that was read counts. */
  get isBroken(): boolean {
    return this.#problem !== undefined;
  }

  /** Throws H264Error `truncated` or `bad-value` for what was read so far. */
  check(clause: string): void {
    if (this.#problem === undefined) return;
    const message =
      this.#problem === "truncated" ? "The RBSP ends inside a syntax element" : "A syntax element is out of range";
    throw new H264Error(this.#problem, message, { offset: this.#problemAt, clause });
  }

  /** u(1) as a boolean. */
  flag(): boolean {
    return this.#bit() === 1;
  }

  /** u(n), n from 0 to 32. */
  bits(count: number): number {
    let value = 0;
    for (let i = 0; i < count; i += 1) value = value * 2 + this.#bit();
    return value;
  }

  /** ue(v); above 2^32 - 2 and above `most` it is a bad value. */
  unsigned(most: number = 0xffff_fffe): number {
    let zeros = 0;
    while (this.#bit() === 0) zeros += 1;
    const value = zeros > 32 ? Number.POSITIVE_INFINITY : 2 ** zeros - 1 + this.bits(zeros);
    if (value <= most) return value;
    this.fail("bad-value");
    return 0;
  }

  /** se(v). */
  signed(): number {
    const code = this.unsigned();
    return code % 2 === 0 ? -code / 2 || 0 : (code + 1) / 2;
  }

  #bit(): number {
    const byte = this.#bytes[this.#at >> 3];
    if (byte === undefined) this.fail("truncated");
    if (byte === undefined || this.#problem !== undefined) return 1;
    const bit = (byte >> (7 - (this.#at & 7))) & 1;
    this.#at += 1;
    return bit;
  }

  /** Notes the first problem. */
  fail(problem: "truncated" | "bad-value"): void {
    if (this.#problem !== undefined) return;
    this.#problem = problem;
    this.#problemAt = this.#at >> 3;
  }
}

/**
 * What `read` makes of a NAL unit; undefined for a broken one.
 *
 * @throws H264Error `truncated` or `bad-value` instead where a clause is given to name in it.
 */
export function readNalUnit<T>(nal: Uint8Array, read: (reader: BitReader) => T, clause?: string): T | undefined {
  const reader = new BitReader(unescapeEbsp(nal));
  const value = read(reader);
  if (clause !== undefined) reader.check(clause);
  return reader.isBroken ? undefined : value;
}
