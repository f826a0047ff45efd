import { maxDepth } from "./messagepack-value.ts";
import { badEnvelope, type WireError } from "./wire-error.ts";

/**
 * The offset behind the MessagePack value that begins at `start`, which is checked on the way.
 *
 * Refused before a decoder sees them: extensions (some decoders run code on their word), 0xC1, keys that are not strings,
 * nesting deeper than 32, and counts of elements for which there are not enough bytes.
 *
 * @throws WireError `bad-envelope`.
 */
export function skipValue(bytes: Uint8Array, start: number): number {
  return skip(bytes, start, 0);
}

/**
 * How many bytes follow each of the tags C0 to DF; for those of strings, bytes, arrays and maps, how many hold the length
 * or count. -1: refused.
 */
const follow = [
  0, -1, 0, 0, 1, 2, 4, -1, -1, -1, 4, 8, 1, 2, 4, 8, 1, 2, 4, 8, -1, -1, -1, -1, -1, 1, 2, 4, 2, 4, 2, 4,
];

function skip(bytes: Uint8Array, start: number, depth: number): number {
  const tag = bytes[start];
  if (tag === undefined) throw truncated(start);
  if (tag < 0x80 || tag >= 0xe0) return start + 1;
  if (tag < 0xa0) return skipMembers(bytes, start, start + 1, tag & 15, depth, tag < 0x90);
  if (tag < 0xc0) return end(bytes, start, start + 1 + (tag & 31));
  const width = follow[tag - 0xc0] as number;
  if (width < 0) {
    throw badEnvelope(tag === 0xc1 ? "the unused byte c1" : "a MessagePack extension", start);
  }
  const behind = start + 1 + width;
  if (tag >= 0xdc) return skipMembers(bytes, start, behind, uint(bytes, start, width), depth, tag >= 0xde);
  const hasLength = tag >= 0xd9 || (tag >= 0xc4 && tag < 0xca);
  return end(bytes, start, hasLength ? behind + uint(bytes, start, width) : behind);
}

function skipMembers(
  bytes: Uint8Array,
  start: number,
  from: number,
  count: number,
  depth: number,
  isMap: boolean,
): number {
  if (depth === maxDepth) {
    throw badEnvelope(`a value more than ${maxDepth} deep`, start);
  }
  // Every element takes a byte at least.
  if (count * (isMap ? 2 : 1) > bytes.length - from) throw truncated(start);
  let at = from;
  for (let index = 0; index < count; index += 1) {
    if (isMap) {
      if (!isString(bytes[at])) {
        throw badEnvelope("a key that is not a string", at);
      }
      at = skip(bytes, at, depth + 1);
    }
    at = skip(bytes, at, depth + 1);
  }
  return at;
}

function isString(tag: number | undefined): boolean {
  return tag !== undefined && ((tag >= 0xa0 && tag < 0xc0) || (tag >= 0xd9 && tag <= 0xdb));
}

/** The big-endian length behind a tag. */
function uint(bytes: Uint8Array, start: number, width: number): number {
  if (start + width >= bytes.length) throw truncated(start);
  let value = 0;
  for (let index = 1; index <= width; index += 1) value = value * 256 + (bytes[start + index] as number);
  return value;
}

function end(bytes: Uint8Array, start: number, offset: number): number {
  if (offset > bytes.length) throw truncated(start);
  return offset;
}

function truncated(offset: number): WireError {
  return badEnvelope("more is announced than there is", offset);
}
