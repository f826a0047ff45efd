import { maxDepth, maxWeight, weights } from "./messagepack-value.ts";
import { badEnvelope, tooLarge } from "./wire-error.ts";

/** How many bytes follow each of the tags C0 to DF before what they announce. -1: refused. */
const widths = [
  0, -1, 0, 0, 1, 2, 4, -1, -1, -1, 4, 8, 1, 2, 4, 8, 1, 2, 4, 8, -1, -1, -1, -1, -1, 1, 2, 4, 2, 4, 2, 4,
];
/** Up to here characters in a loop are faster than a TextDecoder. */
const shortText = 24;
const utf8 = /* @__PURE__ */ new TextDecoder("utf-8", { ignoreBOM: true });

/**
 * Goes through values of core MessagePack one by one. Whatever is done with one, extensions are refused (some decoders
 * run code on their word), and so are 0xC1 and lengths and counts for which there are not enough bytes.
 */
export class MessagePackReader {
  readonly #bytes: Uint8Array;
  #at: number;
  /** Where the value begun last begins. */
  #start = 0;
  /** Of the value begun last. Where it holds its own number or length, the tag that another would follow. */
  #tag = 0;
  /** An integer, a length, or a count. */
  #number = 0;
  #weight = 0;

  constructor(bytes: Uint8Array, at = 0) {
    this.#bytes = bytes;
    this.#at = at;
  }

  /** Where the next value begins. */
  get at(): number {
    return this.#at;
  }

  /** Where the value begins that was taken last. */
  get start(): number {
    return this.#start;
  }

  /** Passes a value by, which may nest so deep. Throws WireError `bad-envelope`, for keys that are not strings too. */
  skip(depth: number = maxDepth): void {
    this.#begin();
    if (this.#isText || this.#isBytes) this.#at += this.#number;
    if (this.#tag < 0xdc) return;
    if (depth === 0) throw badEnvelope(`a value more than ${maxDepth} deep`, this.#start);
    const isMap = this.#tag > 0xdd;
    for (let left = this.#number; left > 0; left -= 1) {
      if (isMap) this.#skipKey();
      this.skip(depth - 1);
    }
  }

  /** How many members the array has that begins here, which come next. Throws WireError `bad-envelope` for anything else. */
  arrayLength(): number {
    this.#begin();
    if (this.#tag === 0xdc || this.#tag === 0xdd) return this.#number;
    throw badEnvelope("not an array", this.#start);
  }

  /** A number in any of the unsigned forms of up to 32 bits. Throws WireError `bad-envelope` for anything else. */
  uint32(name: string): number {
    this.#begin();
    if (this.#tag > 0xcb && this.#tag < 0xcf) return this.#number;
    throw badEnvelope(`a ${name} that is no uint32`, this.#start);
  }

  /** A string of up to so many bytes; null for nil, and undefined for anything else. */
  text(maxBytes: number): string | null | undefined {
    this.#begin();
    if (this.#tag === 0xc0) return null;
    return this.#isText && this.#number <= maxBytes ? this.#takeText() : undefined;
  }

  /** A view of bytes; undefined for anything else. */
  bytes(): Uint8Array | undefined {
    this.#begin();
    return this.#isBytes ? this.#take() : undefined;
  }

  /** A view of a value as it is encoded, which is passed by. */
  encoded(): Uint8Array {
    const start = this.#at;
    this.skip();
    return this.#bytes.subarray(start, this.#at);
  }

  /**
   * A value that has been passed by before; holds no view of the bytes.
   *
   * @throws WireError `bad-envelope` for the key `__proto__`; `payload-too-large` for a value that would take more than
   * 2 MiB, by the weights of SPEC.md section 6.
   */
  read(): unknown {
    this.#weigh(weights.value);
    this.#begin();
    const tag = this.#tag;
    const number = this.#number;
    if (tag > 0xdd) return this.#readMap(number);
    if (tag > 0xdb) return this.#readArray(number);
    if (this.#isText) return this.#readText();
    if (this.#isBytes) {
      this.#weigh(weights.bytes + number);
      return Uint8Array.from(this.#take());
    }
    if (tag < 0xc4) return tag === 0xc0 ? null : tag === 0xc3;
    const width = widths[tag - 0xc0] as number;
    if (tag === 0xca || width === 8) return this.#readLong(tag, width);
    if (tag < 0xd0) return number;
    const unused = 32 - 8 * width;
    return (number << unused) >> unused;
  }

  get #isText(): boolean {
    return this.#tag > 0xd8 && this.#tag < 0xdc;
  }

  get #isBytes(): boolean {
    return this.#tag > 0xc3 && this.#tag < 0xc7;
  }

  /** Takes a tag and its number, and makes sure that what they announce is there. */
  #begin(): void {
    const start = this.#at;
    this.#start = start;
    this.#need(1);
    const tag = this.#bytes[start] as number;
    this.#at += 1;
    if (tag < 0x80) this.#set(0xcc, tag, 0);
    else if (tag < 0x90) this.#set(0xde, tag & 15, 2);
    else if (tag < 0xa0) this.#set(0xdc, tag & 15, 1);
    else if (tag < 0xc0) this.#set(0xd9, tag & 31, 1);
    else if (tag > 0xdf) this.#set(0xd0, tag - 256, 0);
    else {
      const width = widths[tag - 0xc0] as number;
      if (width < 0) throw badEnvelope(tag === 0xc1 ? "the unused byte c1" : "a MessagePack extension", start);
      const announces = tag > 0xdd ? 2 : tag > 0xd8 || (tag > 0xc3 && tag < 0xc7) ? 1 : 0;
      this.#set(tag, this.#uint(width), announces);
    }
  }

  /** `announced`: how many bytes at least the number says that there are, for each that it counts. */
  #set(tag: number, number: number, announced: number): void {
    this.#tag = tag;
    this.#number = number;
    this.#need(number * announced);
  }

  /** A big-endian number of so many bytes. */
  #uint(width: number): number {
    this.#need(width);
    let value = 0;
    for (const end = this.#at + width; this.#at < end; this.#at += 1) {
      value = value * 256 + (this.#bytes[this.#at] as number);
    }
    return value;
  }

  #need(bytes: number): void {
    if (bytes > this.#bytes.length - this.#at) throw badEnvelope("more is announced than there is", this.#at);
  }

  #skipKey(): void {
    this.#begin();
    if (!this.#isText) throw badEnvelope("a key that is not a string", this.#start);
    this.#at += this.#number;
  }

  /** What is held of the value so far must not grow far beyond its bytes. */
  #weigh(weight: number): void {
    this.#weight += weight;
    if (this.#weight <= maxWeight) return;
    throw tooLarge(`A value that takes more than ${maxWeight} bytes`, maxWeight, this.#weight);
  }

  #take(): Uint8Array {
    const start = this.#at;
    this.#at += this.#number;
    return this.#bytes.subarray(start, this.#at);
  }

  #takeText(): string {
    const end = this.#at + this.#number;
    let text = "";
    for (let at = this.#at; at < end; at += 1) {
      const byte = this.#bytes[at] as number;
      if (byte >= 0x80 || this.#number > shortText) return utf8.decode(this.#take());
      text += String.fromCharCode(byte);
    }
    this.#at = end;
    return text;
  }

  #readText(): string {
    const text = this.#takeText();
    this.#weigh(weights.text + text.length);
    return text;
  }

  #readArray(count: number): unknown[] {
    this.#weigh(weights.array);
    const values: unknown[] = [];
    while (values.length < count) values.push(this.read());
    return values;
  }

  #readMap(count: number): Record<string, unknown> {
    this.#weigh(weights.map);
    const object: Record<string, unknown> = {};
    for (let left = count; left > 0; left -= 1) {
      const key = this.read() as string;
      // It would set the prototype.
      if (key === "__proto__") throw badEnvelope("the key __proto__", this.#start);
      object[key] = this.read();
    }
    return object;
  }

  /** A number of 64 bits, or a float. */
  #readLong(tag: number, width: number): number | bigint {
    const view = new DataView(this.#bytes.buffer, this.#bytes.byteOffset + this.#at - width);
    if (tag === 0xca) return view.getFloat32(0);
    if (tag === 0xcb) return view.getFloat64(0);
    return tag === 0xcf ? view.getBigUint64(0) : view.getBigInt64(0);
  }
}
