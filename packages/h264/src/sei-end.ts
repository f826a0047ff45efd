import { findStartCodeNear, trimTrailingZeros } from "./start-code.ts";

/**
 * Where the SEI NAL unit at `from` ends, of bytes that a length field or a packet frames as one NAL unit: at the start
 * code behind the end of a message, or behind the trailing bits; `bytes.length` where there is none.
 *
 * A NAL unit holds no 00 00 01 (ITU-T H.264 7.4.1). Some senders frame a byte stream as one NAL unit, and others leave the
 * emulation prevention out: a start code within the size that a message announces is part of it, where that many bytes
 * are there and no start code reaches beyond them. Otherwise the first start code in the message cuts it short.
 */
export function seiEnd(bytes: Uint8Array, from: number = 0): number {
  const { length } = bytes;
  let at = from + 1;
  if (findStartCodeNear(bytes, at) === length) return length;
  let zeros = 0;
  const next = (): number => {
    if (zeros > 1 && bytes[at] === 3) {
      at += 1;
      zeros = 0;
    }
    const byte = bytes[at++] ?? -1;
    zeros = byte === 0 ? zeros + 1 : 0;
    return byte;
  };
  const sum = (): number => {
    for (let value = 0; ; ) {
      const byte = next();
      value += byte;
      if (byte < 255) return value;
    }
  };
  let code = 0;
  let end = 0;
  const find = (after: number): void => {
    code = findStartCodeNear(bytes, after);
    // A NAL unit does not end in 00 (7.4.1): zeros in front of a start code belong to it.
    end = code < length ? trimTrailingZeros(bytes, from, code) : length;
  };
  find(at);
  while (code < length) {
    sum();
    let size = sum();
    if (end < at) return end;
    for (; size > 0 && at < length; size -= 1) next();
    if (size > 0) return end;
    const cut = end;
    while (code + 2 < at) find(code + 3);
    if (end < at) return cut;
  }
  return length;
}
