import { walkFramed } from "./framed-nal-unit.ts";
import { H264Error } from "./h264-error.ts";

/** Bytes of a length field: lengthSizeMinusOne + 1 of ISO/IEC 14496-15 5.3.3.1; 3 is reserved. */
export type AvccLengthSize = 1 | 2 | 4;

/**
 * The NAL units of a sample, each behind a length field, as views. ISO/IEC 14496-15 5.3.4.2.1. Empty ones are left out.
 *
 * A byte stream that is framed as one NAL unit, against ITU-T H.264 7.4.1, is split at its start codes, as decoders split
 * it. Slices are searched for them once one has been found in the sample.
 *
 * @throws H264Error `truncated` when a length leads past the end. RangeError for a length size other than 1, 2 or 4.
 */
export function splitAvcc(bytes: Uint8Array, lengthSize: AvccLengthSize = 4): Uint8Array[] {
  checkLengthSize(lengthSize);
  const nals: Uint8Array[] = [];
  let hasStartCode = false;
  const broken = walkAvcc(bytes, lengthSize, (start, end) => {
    const framed = bytes.subarray(start, end);
    if (walkFramed(framed, hasStartCode ? "always" : "if-broken", (nal) => nals.push(nal))) hasStartCode = true;
  });
  if (broken >= 0) throw truncatedLength(broken);
  return nals;
}

/** What is wrong with a length at `offset` that leads past the end. */
export function truncatedLength(offset: number): H264Error {
  const message = "A NAL unit length leads past the end of the sample";
  return new H264Error("truncated", message, { offset, clause: "ISO/IEC 14496-15 5.3.4.2.1" });
}

/**
 * A sample of the NAL units, each behind a length field, in a fresh buffer. ISO/IEC 14496-15 5.3.4.2.1.
 *
 * @throws H264Error `too-large` for a NAL unit whose length does not fit. RangeError for a length size other than 1, 2
 * or 4.
 */
export function joinAvcc(nals: readonly Uint8Array[], lengthSize: AvccLengthSize = 4): Uint8Array<ArrayBuffer> {
  checkLengthSize(lengthSize);
  const most = 256 ** lengthSize - 1;
  let length = 0;
  for (const nal of nals) {
    if (nal.length > most) {
      throw new H264Error("too-large", `A NAL unit of ${nal.length} bytes exceeds a ${lengthSize}-byte length field`, {
        clause: "ISO/IEC 14496-15 5.3.4.2.1",
      });
    }
    length += lengthSize + nal.length;
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const nal of nals) {
    for (let shift = 8 * (lengthSize - 1); shift >= 0; shift -= 8) bytes[at++] = nal.length >>> shift;
    bytes.set(nal, at);
    at += nal.length;
  }
  return bytes;
}

/**
 * Visits where the NAL units of a sample lie, empty ones as well, as far as the lengths are right: the tolerant form of
 * `splitAvcc`. ISO/IEC 14496-15 5.3.4.2.1.
 *
 * Never throws for any bytes (what `visit` throws goes through). Takes length fields of 3 bytes too: 5.3.3.1 reserves
 * them, and there are files with them. A byte stream that is framed as one NAL unit is visited as one: see `walkFramed`.
 *
 * @returns The offset of a length that leads past the end, -1 where all of them are right.
 * @throws RangeError for a length size other than 1 to 4.
 */
export function walkAvcc(bytes: Uint8Array, lengthSize: number, visit: (start: number, end: number) => void): number {
  if (!(lengthSize > 0 && lengthSize < 5)) throw new RangeError(`lengthSize: expected 1 to 4, got ${lengthSize}`);
  let at = 0;
  while (at < bytes.length) {
    const start = at + lengthSize;
    let size = 0;
    for (let i = at; i < start; i += 1) size = size * 256 + (bytes[i] ?? Number.POSITIVE_INFINITY);
    if (size > bytes.length - start) return at;
    at = start + size;
    visit(start, at);
  }
  return -1;
}

/** Throws RangeError for a length size other than 1, 2 or 4. */
export function checkLengthSize(lengthSize: number): void {
  if (lengthSize !== 1 && lengthSize !== 2 && lengthSize !== 4) {
    throw new RangeError(`lengthSize: expected 1, 2 or 4, got ${lengthSize}`);
  }
}
