import { kindOf } from "./kind-of.ts";
import { maxDepth } from "./messagepack-value.ts";
import { WireError } from "./wire-error.ts";

/**
 * No profile carries more than 65536 bytes. One value that is referred to again and again takes its size each time, so
 * that a walk without a bound would take hours for a few objects.
 */
const maxEncodedBytes = 1_048_576;

/** What may be carried. */
export type ValueKind = "messagepack" | "json";

const carried: Record<ValueKind, string> = {
  messagepack:
    "cannot be carried; null, booleans, finite numbers, 64-bit bigints, strings, Uint8Array, arrays and plain objects can",
  json: "cannot be carried as JSON; null, booleans, finite numbers, strings, arrays and plain objects can",
};

/**
 * A copy of a value in plain data, in which each member was read once: what was checked is what is packed, whatever
 * getters and proxies say the next time. Members that are undefined are left out, and undefined in an array becomes null,
 * as in JSON.
 *
 * Refuses what would not arrive as it was sent. A packer would send uninitialised memory for typed arrays, and would turn
 * functions, Sets, Dates and lone surrogates into something else without a word.
 *
 * @throws TypeError that names the path of the first value that is not null, a boolean, a finite number, a well-formed
 * string, an array or a plain object of these, or, except as JSON, a 64-bit bigint or a Uint8Array, or that is nested too
 * deep; WireError `payload-too-large` for more than 1 MiB.
 */
export function plainValue(value: unknown, kind: ValueKind): unknown {
  return new Walk(kind).copy(value, 0);
}

class Walk {
  readonly #kind: ValueKind;
  readonly #path: (string | number)[] = [];
  /** What it takes encoded at least. */
  #bytes = 0;

  constructor(kind: ValueKind) {
    this.#kind = kind;
  }

  copy(value: unknown, depth: number): unknown {
    this.#count(1);
    switch (typeof value) {
      case "boolean":
        return value;
      case "number":
        return Number.isFinite(value) ? value : this.#refuse(`the number ${value}`);
      case "bigint":
        return this.#bigint(value);
      case "string":
        return this.#text(value, "a string");
      case "object":
        if (value === null) return null;
        return value instanceof Uint8Array ? this.#byteString(value) : this.#nested(value, depth);
      case "undefined":
        return this.#refuse("undefined");
      default:
        return this.#refuse(`a ${typeof value}`);
    }
  }

  #nested(value: object, depth: number): unknown {
    if (depth === maxDepth) this.#refuse(`something nested more than ${maxDepth} deep`);
    return Array.isArray(value) ? this.#array(value, depth) : this.#object(value, depth);
  }

  #array(values: readonly unknown[], depth: number): unknown[] {
    const { length } = values;
    // Before the walk: an array may say that it has four billion members, and hold none.
    this.#count(length);
    this.#bytes -= length;
    const copy: unknown[] = [];
    for (let index = 0; index < length; index += 1) {
      this.#path.push(index);
      const member = values[index];
      copy.push(this.copy(member === undefined ? null : member, depth + 1));
      this.#path.pop();
    }
    return copy;
  }

  #object(value: object, depth: number): Record<string, unknown> {
    if (!isPlain(value)) this.#refuse(kindOf(value) === "an object" ? "a class instance" : kindOf(value));
    if (Object.getOwnPropertySymbols(value).length > 0) this.#refuse("an object with symbols for keys");
    const copy: Record<string, unknown> = {};
    for (const key of Object.keys(value)) {
      const member = (value as Record<string, unknown>)[key];
      if (member === undefined) continue;
      this.#path.push(key);
      // An unpacker must not set it: it would change the prototype.
      if (key === "__proto__") this.#refuse("a member of this name");
      this.#count(1);
      copy[this.#text(key, "a key")] = this.copy(member, depth + 1);
      this.#path.pop();
    }
    return copy;
  }

  /** A decoder of text takes a first U+FEFF for a byte order mark and drops it. */
  #text(text: string, what: string): string {
    this.#count(text.length);
    if (text.startsWith("\ufeff")) this.#refuse(`${what} that begins with U+FEFF`);
    return text.isWellFormed() ? text : this.#refuse(`${what} with a lone surrogate`);
  }

  #bigint(value: bigint): bigint {
    if (this.#kind === "json") this.#refuse("a bigint");
    return value >= -(2n ** 63n) && value < 2n ** 64n ? value : this.#refuse("a bigint of more than 64 bits");
  }

  #byteString(bytes: Uint8Array): Uint8Array {
    if (this.#kind === "json") this.#refuse("a Uint8Array");
    this.#count(bytes.byteLength);
    // A subclass may say anything about itself; the constructor asks the bytes.
    return Object.getPrototypeOf(bytes) === Uint8Array.prototype ? bytes : new Uint8Array(bytes);
  }

  #count(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes <= maxEncodedBytes) return;
    throw new WireError("payload-too-large", `The value takes more than ${maxEncodedBytes} bytes`, {
      limitBytes: maxEncodedBytes,
      actualBytes: this.#bytes,
    });
  }

  #refuse(what: string): never {
    throw new TypeError(`${this.#path.reduce<string>(appendStep, "value")}: ${what} ${carried[this.#kind]}`);
  }
}

/** Made by a literal, JSON or structured clone, in this realm or another. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === null || prototype === Object.prototype) return true;
  return Object.getPrototypeOf(prototype) === null && Object.prototype.toString.call(value) === "[object Object]";
}

function appendStep(text: string, step: string | number): string {
  if (typeof step === "number") return `${text}[${step}]`;
  return /^[\p{L}_$][\p{L}\p{N}_$]*$/u.test(step) ? `${text}.${step}` : `${text}[${JSON.stringify(step)}]`;
}
