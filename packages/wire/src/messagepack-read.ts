import { maxWeight, weights } from "./messagepack-value.ts";
import { badEnvelope, WireError } from "./wire-error.ts";

const utf8 = /* @__PURE__ */ new TextDecoder("utf-8", { ignoreBOM: true });
/** Up to here characters in a loop are faster than a TextDecoder. */
const shortText = 24;

/**
 * Reads one MessagePack value that the walk has found to be whole and of core MessagePack. It recurses no deeper than the
 * walk allows, and looks nowhere but where the walk has been.
 */
export class MessagePackReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;
  #weight = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  read(): unknown {
    this.#weigh(weights.value);
    const tag = this.#bytes[this.#at++] as number;
    if (tag < 0x80) return tag;
    if (tag < 0x90) return this.#map(tag & 15);
    if (tag < 0xa0) return this.#array(tag & 15);
    if (tag < 0xc0) return this.#text(tag & 31);
    if (tag >= 0xe0) return tag - 256;
    const view = this.#view;
    switch (tag) {
      case 0xc2:
        return false;
      case 0xc3:
        return true;
      case 0xc4:
      case 0xc5:
      case 0xc6:
        return this.#bin(this.#uint(1 << (tag - 0xc4)));
      case 0xca:
        return view.getFloat32(this.#skip(4));
      case 0xcb:
        return view.getFloat64(this.#skip(8));
      case 0xcc:
      case 0xcd:
      case 0xce:
        return this.#uint(1 << (tag - 0xcc));
      case 0xcf:
        return view.getBigUint64(this.#skip(8));
      case 0xd0:
        return view.getInt8(this.#skip(1));
      case 0xd1:
        return view.getInt16(this.#skip(2));
      case 0xd2:
        return view.getInt32(this.#skip(4));
      case 0xd3:
        return view.getBigInt64(this.#skip(8));
      case 0xd9:
      case 0xda:
      case 0xdb:
        return this.#text(this.#uint(1 << (tag - 0xd9)));
      case 0xdc:
      case 0xdd:
        return this.#array(this.#uint(2 << (tag - 0xdc)));
      case 0xde:
      case 0xdf:
        return this.#map(this.#uint(2 << (tag - 0xde)));
      default:
        return null;
    }
  }

  /** A big-endian length or number of so many bytes. */
  #uint(width: number): number {
    let value = 0;
    for (const end = this.#at + width; this.#at < end; this.#at += 1) {
      value = value * 256 + (this.#bytes[this.#at] as number);
    }
    return value;
  }

  /** What is held of the value so far must not grow far beyond its bytes. */
  #weigh(weight: number): void {
    this.#weight += weight;
    if (this.#weight <= maxWeight) return;
    throw new WireError("payload-too-large", `A value that takes more than ${maxWeight} bytes`, {
      limitBytes: maxWeight,
      actualBytes: this.#weight,
    });
  }

  #bin(length: number): Uint8Array {
    this.#weigh(weights.bytes + length);
    return Uint8Array.from(this.#take(length));
  }

  #take(length: number): Uint8Array {
    const start = this.#skip(length);
    return this.#bytes.subarray(start, this.#at);
  }

  #text(length: number): string {
    const text = this.#decodeText(length);
    this.#weigh(weights.text + text.length);
    return text;
  }

  #decodeText(length: number): string {
    if (length > shortText) return utf8.decode(this.#take(length));
    const start = this.#skip(length);
    let text = "";
    for (let at = start; at < this.#at; at += 1) {
      const byte = this.#bytes[at] as number;
      if (byte >= 0x80) return utf8.decode(this.#bytes.subarray(start, this.#at));
      text += String.fromCharCode(byte);
    }
    return text;
  }

  #array(count: number): unknown[] {
    this.#weigh(weights.array);
    const values: unknown[] = [];
    while (values.length < count) values.push(this.read());
    return values;
  }

  #map(count: number): Record<string, unknown> {
    this.#weigh(weights.map);
    const object: Record<string, unknown> = {};
    for (let index = 0; index < count; index += 1) {
      const start = this.#at;
      const key = this.read() as string;
      // It would set the prototype.
      if (key === "__proto__") {
        throw badEnvelope("the key __proto__", start);
      }
      object[key] = this.read();
    }
    return object;
  }

  /** Where the next so many bytes begin, which are passed. */
  #skip(bytes: number): number {
    const at = this.#at;
    this.#at += bytes;
    return at;
  }
}
