import type { StoredBytes } from "./stored-bytes.ts";

const windowBytes = 65_536;

/** Reads a few bytes at a time of a file that is walked, mostly forward. */
export class FileWindow {
  readonly sizeBytes: number;
  readonly #file: StoredBytes;
  #window: Uint8Array = new Uint8Array();
  #start = 0;

  constructor(file: StoredBytes) {
    this.#file = file;
    this.sizeBytes = file.sizeBytes;
  }

  /** Fewer than `length` bytes only at the end; at most 64 KiB. */
  async read(position: number, length: number): Promise<Uint8Array> {
    const end = Math.min(position + length, this.sizeBytes);
    if (position < this.#start || end > this.#start + this.#window.length) {
      this.#window = await this.#file.read(position, windowBytes);
      this.#start = position;
    }
    return this.#window.subarray(position - this.#start, position - this.#start + length);
  }
}
