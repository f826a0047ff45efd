import { findStartCode, trimTrailingZeros } from "./start-code.ts";

/**
 * The NAL units of a byte stream, as views. ITU-T H.264 B.1.
 *
 * Takes start codes of 3 and 4 bytes and any number of leading and trailing zeros. What stands before the first start
 * code is skipped, and so are start codes with nothing after them.
 */
export function splitAnnexB(bytes: Uint8Array): Uint8Array[] {
  const nals: Uint8Array[] = [];
  const length = bytes.length;
  let code = findStartCode(bytes, 0);
  while (code < length) {
    const start = code + 3;
    code = findStartCode(bytes, start);
    const end = trimTrailingZeros(bytes, start, code);
    if (end > start) nals.push(bytes.subarray(start, end));
  }
  return nals;
}

/** A byte stream of the NAL units, a 4-byte start code before each, in a fresh buffer. ITU-T H.264 B.1. */
export function joinAnnexB(nals: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  let length = 0;
  for (const nal of nals) length += 4 + nal.length;
  const bytes = new Uint8Array(length);
  let offset = 0;
  for (const nal of nals) {
    bytes[offset + 3] = 1;
    bytes.set(nal, offset + 4);
    offset += 4 + nal.length;
  }
  return bytes;
}
