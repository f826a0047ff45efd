import { H264Error } from "./h264-error.ts";

/** Reads the syntax elements of an RBSP. ITU-T H.264 7.2, 9.1. Throws H264Error `truncated` past the end. */
export class BitReader {
  readonly #bytes: Uint8Array;
  readonly #bits: number;
  readonly #clause: string;
  #at: number;

  /** Begins at a byte offset; errors name the clause. */
  constructor(rbsp: Uint8Array, offset: number, clause: string) {
    this.#bytes = rbsp;
    this.#bits = rbsp.length * 8;
    this.#at = offset * 8;
    this.#clause = clause;
  }

  /** u(1) as a boolean. */
  flag(): boolean {
    return this.#bit() === 1;
  }

  /** u(n), n from 0 to 32. */
  bits(count: number): number {
    if (this.#at + count > this.#bits) this.#truncated();
    let value = 0;
    for (let i = 0; i < count; i += 1) value = value * 2 + this.#bit();
    return value;
  }

  /** ue(v). Throws `bad-value` above 2^32 - 2 and where the value exceeds `most`. */
  unsigned(most = 0xffff_fffe): number {
    let zeros = 0;
    while (this.#bit() === 0) zeros += 1;
    if (zeros > 32) this.#badValue();
    const value = 2 ** zeros - 1 + this.bits(zeros);
    if (value > most) this.#badValue();
    return value;
  }

  /** se(v). */
  signed(): number {
    const code = this.unsigned();
    return code % 2 === 0 ? -code / 2 || 0 : (code + 1) / 2;
  }

  #bit(): number {
    if (this.#at >= this.#bits) this.#truncated();
    const bit = ((this.#bytes[this.#at >> 3] as number) >> (7 - (this.#at & 7))) & 1;
    this.#at += 1;
    return bit;
  }

  #truncated(): never {
    throw new H264Error("truncated", "The RBSP ends inside a syntax element", {
      offset: this.#bytes.length,
      clause: this.#clause,
    });
  }

  #badValue(): never {
    throw new H264Error("bad-value", "A syntax element is out of range", {
      offset: this.#at >> 3,
      clause: this.#clause,
    });
  }
}
