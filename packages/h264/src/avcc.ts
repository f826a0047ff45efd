import { H264Error } from "./h264-error.ts";

/** Bytes of a length field: lengthSizeMinusOne + 1 of ISO/IEC 14496-15 5.3.3.1; 3 is reserved. */
export type AvccLengthSize = 1 | 2 | 4;

/**
 * The NAL units of a sample, each behind a length field, as views. ISO/IEC 14496-15 5.3.4.2.1. Empty ones are left out.
 *
 * @throws H264Error `truncated` when a length leads past the end. RangeError for a length size other than 1, 2 or 4.
 */
export function splitAvcc(bytes: Uint8Array, lengthSize: AvccLengthSize = 4): Uint8Array[] {
  checkLengthSize(lengthSize);
  const nals: Uint8Array[] = [];
  const length = bytes.length;
  let at = 0;
  while (at < length) {
    const size = at + lengthSize > length ? Number.POSITIVE_INFINITY : readLength(bytes, at, lengthSize);
    const start = at + lengthSize;
    if (size > length - start) {
      throw new H264Error("truncated", "A NAL unit length leads past the end of the sample", {
        offset: at,
        clause: "ISO/IEC 14496-15 5.3.4.2.1",
      });
    }
    at = start + size;
    if (size > 0) nals.push(bytes.subarray(start, at));
  }
  return nals;
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

/** The length field at an offset that has room for it. */
export function readLength(bytes: Uint8Array, at: number, lengthSize: AvccLengthSize): number {
  let size = 0;
  for (let i = 0; i < lengthSize; i += 1) size = size * 256 + (bytes[at + i] as number);
  return size;
}

/** Throws RangeError for a length size other than 1, 2 or 4. */
export function checkLengthSize(lengthSize: number): void {
  if (lengthSize !== 1 && lengthSize !== 2 && lengthSize !== 4) {
    throw new RangeError(`lengthSize: expected 1, 2 or 4, got ${lengthSize}`);
  }
}
