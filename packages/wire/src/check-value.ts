import { maxDepth } from "./messagepack-value.ts";

type Path = (string | number)[];

/**
 * Refuses what would not arrive as it was sent. The packer itself would send uninitialised memory for typed arrays, and
 * would turn functions, Sets, Dates and lone surrogates into something else without a word.
 *
 * @throws TypeError that names the path of the first value that is not null, a boolean, a finite number, a 64-bit
 * bigint, a well-formed string, a Uint8Array, an array or a plain object of these, or that is nested too deep.
 */
export function checkValue(value: unknown): void {
  const path: Path = [];
  const found = findForeign(value, path, 0);
  if (found === undefined) return;
  throw new TypeError(
    `${path.reduce<string>(appendStep, "value")}: ${found} cannot be carried; null, booleans, finite numbers, 64-bit bigints, strings, Uint8Array, arrays and plain objects can`,
  );
}

/** What the first foreign value is, with `path` left at its place. */
function findForeign(value: unknown, path: Path, depth: number): string | undefined {
  switch (typeof value) {
    case "boolean":
      return undefined;
    case "number":
      return Number.isFinite(value) ? undefined : `the number ${value}`;
    case "bigint":
      return value >= -(2n ** 63n) && value < 2n ** 64n ? undefined : "a bigint of more than 64 bits";
    case "string":
      return findInString(value, "a string");
    case "object":
      if (value === null || value instanceof Uint8Array) return undefined;
      if (depth === maxDepth) return `something nested more than ${maxDepth} deep`;
      return Array.isArray(value) ? findInArray(value, path, depth) : findInObject(value, path, depth);
    case "undefined":
      return "undefined";
    default:
      return `a ${typeof value}`;
  }
}

/** A decoder of text takes a first U+FEFF for a byte order mark and drops it. */
function findInString(text: string, what: string): string | undefined {
  if (text.startsWith("\ufeff")) return `${what} that begins with U+FEFF`;
  return text.isWellFormed() ? undefined : `${what} with a lone surrogate`;
}

function findInArray(values: readonly unknown[], path: Path, depth: number): string | undefined {
  for (let index = 0; index < values.length; index += 1) {
    path.push(index);
    const found = findForeign(values[index], path, depth + 1);
    if (found !== undefined) return found;
    path.pop();
  }
  return undefined;
}

function findInObject(value: object, path: Path, depth: number): string | undefined {
  if (!isPlain(value)) return `a ${value.constructor?.name || "class instance"}`;
  if (Object.getOwnPropertySymbols(value).length > 0) return "an object with symbols for keys";
  for (const [key, member] of Object.entries(value)) {
    path.push(key);
    // An unpacker must not set it: it would change the prototype.
    if (key === "__proto__") return "a member of this name";
    const found = findInString(key, "a key") ?? findForeign(member, path, depth + 1);
    if (found !== undefined) return found;
    path.pop();
  }
  return undefined;
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
