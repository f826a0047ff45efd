/** The fragments of one NAL unit in order. RFC 6184 5.8. */
export class Fragments {
  #header = -1;
  #payloads: Uint8Array[] = [];
  #bytes = 0;

  /** The header of the NAL unit under way; -1 for none. */
  get header(): number {
    return this.#header;
  }

  get count(): number {
    return this.#payloads.length;
  }

  /** Of the fragments alone. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Begins a NAL unit. */
  begin(header: number): void {
    this.clear();
    this.#header = header;
  }

  /** Takes the payload of a FU-A. */
  add(payload: Uint8Array): void {
    this.#payloads.push(payload);
    this.#bytes += payload.length - 2;
  }

  /** The NAL unit, in a fresh buffer. */
  join(): Uint8Array {
    const nal = new Uint8Array(1 + this.#bytes);
    nal[0] = this.#header;
    let at = 1;
    for (const payload of this.#payloads) {
      nal.set(payload.subarray(2), at);
      at += payload.length - 2;
    }
    this.clear();
    return nal;
  }

  clear(): void {
    this.#header = -1;
    this.#payloads = [];
    this.#bytes = 0;
  }
}
