import type { Random } from "./random.ts";

const hostile = [0, 0, 0, 0, 1, 1, 2, 3, 3, 0x80, 0xff, 0xff] as const;
const slips = [
  [0, 0, 1],
  [0, 0, 0, 1],
  [0, 0, 3],
  [0, 0, 3, 0, 0, 3],
  [0, 0, 0, 0],
  [6, 5, 16],
  [0xff, 0xff],
  [0x80],
] as const;

/** A byte that often forms start codes, emulation prevention, sizes and trailing bits. */
export function hostileByte(random: Random): number {
  return random.oneIn(4) ? random.integer(0, 255) : random.pick(hostile);
}

/** Bytes, hostile ones preferred. */
export function hostileBytes(random: Random, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += 1) {
    if (random.oneIn(6)) {
      const slip = random.pick(slips).slice(0, length - at);
      bytes.set(slip, at);
      at += slip.length - 1;
    } else bytes[at] = hostileByte(random);
  }
  return bytes;
}

/** The bytes of all parts in a row. */
export function concat(parts: readonly (Uint8Array | readonly number[])[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
