/** Reads what a target needs from the bytes of its input; beyond the end there are zeros. */
export class Input {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  uint8(): number {
    return this.#bytes[this.#at++] ?? 0;
  }

  uint16(): number {
    return (this.uint8() << 8) | this.uint8();
  }

  /** So many bytes, or what is left, in a buffer of their own. */
  take(length: number): Uint8Array {
    const bytes = this.#bytes.slice(this.#at, this.#at + length);
    this.#at += length;
    return bytes;
  }

  /** All that is left, in a buffer of its own. */
  rest(): Uint8Array {
    return this.take(Math.max(0, this.#bytes.length - this.#at));
  }
}
