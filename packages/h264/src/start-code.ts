type IndexOf = (this: Uint8Array, value: Uint8Array, byteOffset: number) => number;

const startCode = /* @__PURE__ */ new Uint8Array([0, 0, 1]);
const bufferIndexOf = /* @__PURE__ */ (() =>
  (globalThis as { Buffer?: { prototype: { indexOf: IndexOf } } }).Buffer?.prototype.indexOf)();
/** A call into Node costs as much as this many bytes of the loop. */
const loopBytes = 192;

/** Offset of the first 00 00 01 at or after `from`, or `bytes.length` where there is none. ITU-T H.264 B.1. */
export function findStartCode(bytes: Uint8Array, from: number): number {
  if (bufferIndexOf === undefined || bytes.length - from <= loopBytes) return findStartCodeNear(bytes, from);
  const near = findStartCodeNear(bytes, from, from + loopBytes);
  if (near < from + loopBytes) return near;
  const far = bufferIndexOf.call(bytes, startCode, near - 2);
  return far < 0 ? bytes.length : far;
}

/**
 * As {@link findStartCode}, for a search that is expected to end within some hundred bytes; `end` if there is none before
 * it. Looks at every third byte: only 00 and 01 can belong to a start code.
 */
export function findStartCodeNear(bytes: Uint8Array, from: number, end: number = bytes.length): number {
  let i = from + 2;
  while (i < end) {
    const byte = bytes[i] as number;
    if (byte > 1) i += 3;
    else if (byte === 0) i += 1;
    else if (bytes[i - 1] === 0 && bytes[i - 2] === 0) return i - 2;
    else i += 3;
  }
  return end;
}

/** `end` without the zero bytes before it: a NAL unit never ends in 00 (7.4.1), so they are trailing_zero_8bits. */
export function trimTrailingZeros(bytes: Uint8Array, start: number, end: number): number {
  while (end > start && bytes[end - 1] === 0) end -= 1;
  return end;
}
