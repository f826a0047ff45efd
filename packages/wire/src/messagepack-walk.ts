import { maxDepth } from "./messagepack-value.ts";
import { WireError } from "./wire-error.ts";

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

function skip(bytes: Uint8Array, start: number, depth: number): number {
  const tag = bytes[start];
  if (tag === undefined) throw truncated(start);
  if (tag < 0x80 || tag >= 0xe0) return start + 1;
  if (tag < 0x90) return skipMembers(bytes, start, start + 1, tag & 15, depth, true);
  if (tag < 0xa0) return skipMembers(bytes, start, start + 1, tag & 15, depth, false);
  if (tag < 0xc0) return end(bytes, start, start + 1 + (tag & 31));
  switch (tag) {
    case 0xc0:
    case 0xc2:
    case 0xc3:
      return start + 1;
    case 0xcc:
    case 0xd0:
      return end(bytes, start, start + 2);
    case 0xcd:
    case 0xd1:
      return end(bytes, start, start + 3);
    case 0xca:
    case 0xce:
    case 0xd2:
      return end(bytes, start, start + 5);
    case 0xcb:
    case 0xcf:
    case 0xd3:
      return end(bytes, start, start + 9);
    case 0xc4:
    case 0xd9:
      return end(bytes, start, start + 2 + uint(bytes, start, 1));
    case 0xc5:
    case 0xda:
      return end(bytes, start, start + 3 + uint(bytes, start, 2));
    case 0xc6:
    case 0xdb:
      return end(bytes, start, start + 5 + uint(bytes, start, 4));
    case 0xdc:
      return skipMembers(bytes, start, start + 3, uint(bytes, start, 2), depth, false);
    case 0xdd:
      return skipMembers(bytes, start, start + 5, uint(bytes, start, 4), depth, false);
    case 0xde:
      return skipMembers(bytes, start, start + 3, uint(bytes, start, 2), depth, true);
    case 0xdf:
      return skipMembers(bytes, start, start + 5, uint(bytes, start, 4), depth, true);
    default: {
      const what = tag === 0xc1 ? "The unused byte c1" : "A MessagePack extension";
      throw new WireError("bad-envelope", `${what} at byte ${start}`, { offset: start });
    }
  }
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
    throw new WireError("bad-envelope", `Nested more than ${maxDepth} deep at byte ${start}`, { offset: start });
  }
  // Every element takes a byte at least.
  if (count * (isMap ? 2 : 1) > bytes.length - from) throw truncated(start);
  let at = from;
  for (let index = 0; index < count; index += 1) {
    if (isMap) {
      if (!isString(bytes[at])) {
        throw new WireError("bad-envelope", `A key that is not a string at byte ${at}`, { offset: at });
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
  return new WireError("bad-envelope", `More is announced at byte ${offset} than there is`, { offset });
}
