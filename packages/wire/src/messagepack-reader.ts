import {
  arrayWeight,
  bytesWeight,
  mapWeight,
  maxDepth,
  maxWeight,
  textWeight,
  valueWeight,
} from "./messagepack-value.ts";
import { badEnvelope, tooLarge } from "./wire-error.ts";

/**
 * What each of the tags C0 to DF begins: Nil, Boolean, Octets, Float or Double, Unsigned up to 32 bits or Wide, Integer up
 * to 32 bits or Long, Text, Array, Map. A dot: refused.
 */
const kinds = "N.BBOOO...FDUUUWIIIL.....TTTAAMM";
/** How many bytes follow each of these tags before what they announce. */
const widths = [0, 0, 0, 0, 1, 2, 4, 0, 0, 0, 4, 8, 1, 2, 4, 8, 1, 2, 4, 8, 0, 0, 0, 0, 0, 1, 2, 4, 2, 4, 2, 4];
/** How many bytes at least each member of these takes. */
const leastBytes: Record<string, number> = { O: 1, T: 1, A: 1, M: 2 };
/** Up to here characters in a loop are faster than a TextDecoder. */
const shortText = 24;
const utf8 = /* @__PURE__ */ new TextDecoder("utf-8", { ignoreBOM: true });

/**
 * Goes through values of core MessagePack one by one. Whatever is done with one, extensions are refused (some decoders
 * run code on their word), and so are 0xC1 and lengths and counts for which there are not enough bytes.
 */
export class MessagePackReader {
  readonly #bytes: Uint8Array;
  /** Where the next value begins. */
  at: number;
  /** Where the value begins that was taken last. */
  start = 0;
  /** An integer of up to 32 bits without its sign, a length, or a count. */
  #number = 0;
  #weight = 0;

  constructor(bytes: Uint8Array, at = 0) {
    this.#bytes = bytes;
    this.at = at;
  }

  /** Skips a value, which may nest this deep. Throws WireError `bad-envelope`, for keys that are not strings too. */
  skip(depth: number = maxDepth): void {
    const kind = this.#begin();
    if (kind === "T" || kind === "O") this.at += this.#number;
    if (kind !== "A" && kind !== "M") return;
    if (depth === 0) throw this.#bad(`a value more than ${maxDepth} deep`);
    for (let left = this.#number; left > 0; left -= 1) {
      if (kind === "M") {
        if (this.#begin() !== "T") throw this.#bad("a key that is no text");
        this.at += this.#number;
      }
      this.skip(depth - 1);
    }
  }

  /** How many members the array has that begins here, which come next. Throws WireError `bad-envelope` for anything else. */
  arrayLength(): number {
    if (this.#begin() === "A") return this.#number;
    throw this.#bad("no array");
  }

  /** A number in any of the unsigned forms of up to 32 bits. Throws WireError `bad-envelope` for anything else. */
  uint32(): number {
    if (this.#begin() === "U") return this.#number;
    throw this.#bad("no uint32");
  }

  /** A string of up to so many bytes; undefined for nil. Throws WireError `bad-envelope` for anything else. */
  text(maxBytes: number): string | undefined {
    const kind = this.#begin();
    if (kind === "N") return undefined;
    if (kind === "T" && this.#number <= maxBytes) return this.#takeText();
    throw this.#bad(`no text of up to ${maxBytes} bytes`);
  }

  /** A view of bytes. Throws WireError `bad-envelope` for anything else. */
  bytes(): Uint8Array {
    if (this.#begin() === "O") return this.#take();
    throw this.#bad("no bytes");
  }

  /** A view of a value as it is encoded, which is skipped. */
  encoded(): Uint8Array {
    const start = this.at;
    this.skip();
    return this.#bytes.subarray(start, this.at);
  }

  /**
   * A value that has been skipped before; holds no view of the bytes.
   *
   * @throws WireError `bad-envelope` for the key `__proto__`; `payload-too-large` for a value that would take more than
   * 2 MiB, by the weights of SPEC.md section 6.
   */
  read(): unknown {
    this.#weigh(valueWeight);
    const kind = this.#begin();
    const number = this.#number;
    const first = this.start + 1;
    const view = (): DataView => new DataView(this.#bytes.buffer, this.#bytes.byteOffset + first);
    switch (kind) {
      case "M": {
        this.#weigh(mapWeight);
        const object: Record<string, unknown> = {};
        for (let left = number; left > 0; left -= 1) {
          const key = this.read() as string;
          // It would set the prototype.
          if (key === "__proto__") throw this.#bad("the key __proto__");
          object[key] = this.read();
        }
        return object;
      }
      case "A": {
        this.#weigh(arrayWeight);
        const values: unknown[] = [];
        while (values.length < number) values.push(this.read());
        return values;
      }
      case "T": {
        const text = this.#takeText();
        this.#weigh(textWeight + text.length);
        return text;
      }
      case "O":
        this.#weigh(bytesWeight + number);
        return Uint8Array.from(this.#take());
      case "N":
        return null;
      case "B":
        return this.#bytes[this.start] === 0xc3;
      case "F":
        return view().getFloat32(0);
      case "D":
        return view().getFloat64(0);
      case "W":
        return view().getBigUint64(0);
      case "L":
        return view().getBigInt64(0);
      case "I": {
        const unused = 32 - 8 * (this.at - first);
        return (number << unused) >> unused;
      }
    }
    return number;
  }

  /** Takes the tag of a value with its number, and makes sure that what they announce is there. */
  #begin(): string {
    this.start = this.at;
    const tag = this.#uint(1);
    if (tag < 0x80) return this.#is("U", tag);
    if (tag < 0x90) return this.#is("M", tag & 15);
    if (tag < 0xa0) return this.#is("A", tag & 15);
    if (tag < 0xc0) return this.#is("T", tag & 31);
    if (tag > 0xdf) return this.#is("I", tag - 256);
    const kind = kinds[tag - 0xc0] as string;
    if (kind === ".") throw this.#bad("the unused byte c1 or an extension");
    return this.#is(kind, this.#uint(widths[tag - 0xc0] as number));
  }

  #is(kind: string, number: number): string {
    this.#number = number;
    this.#need(number * (leastBytes[kind] ?? 0));
    return kind;
  }

  /** A big-endian number of so many bytes. */
  #uint(width: number): number {
    this.#need(width);
    let value = 0;
    for (let left = width; left > 0; left -= 1) value = value * 256 + (this.#bytes[this.at++] as number);
    return value;
  }

  #need(bytes: number): void {
    if (bytes > this.#bytes.length - this.at) throw badEnvelope("too few bytes", this.at);
  }

  /** What is held of the value so far must not grow far beyond its bytes. */
  #weigh(weight: number): void {
    this.#weight += weight;
    if (this.#weight <= maxWeight) return;
    throw tooLarge("value", maxWeight, this.#weight);
  }

  #take(): Uint8Array {
    const start = this.at;
    this.at += this.#number;
    return this.#bytes.subarray(start, this.at);
  }

  #takeText(): string {
    const bytes = this.#take();
    if (bytes.length > shortText) return utf8.decode(bytes);
    let text = "";
    for (const byte of bytes) {
      if (byte >= 0x80) return utf8.decode(bytes);
      text += String.fromCharCode(byte);
    }
    return text;
  }

  /** The error for the value that was taken last. */
  #bad(what: string): Error {
    return badEnvelope(what, this.start);
  }
}
