/** One SEI message. ITU-T H.264 7.3.2.3.1, Annex D. */
export interface SeiMessage {
  /** payloadType: 5 is user_data_unregistered. */
  readonly payloadType: number;
  /** sei_payload without emulation prevention bytes. */
  readonly payload: Uint8Array;
}

/** payloadType of the messages that inband is about (D.1.7). */
export const userDataUnregisteredType = 5;

/**
 * How {@link walkSei} ended.
 *
 * - `complete`: rbsp_trailing_bits() where they belong.
 * - `no-trailing-bits`: the RBSP ends with the last message.
 * - `odd-trailing-bits`: the stop bit is not the first bit of its byte.
 * - `truncated`: a message announces more bytes than there are; it was not visited.
 */
export type SeiEnding = "complete" | "no-trailing-bits" | "odd-trailing-bits" | "truncated";

/**
 * Visits every complete message of a SEI NAL unit whose emulation prevention bytes are removed (`unescapeEbsp`), and says
 * how it ends. ITU-T H.264 7.3.2.3.
 *
 * `visit` gets the payload type and where the payload lies in `nal`; the NAL unit header is not read. Never throws for any
 * bytes (what `visit` throws goes through); time is linear in the size. `readSei` does the same for a NAL unit as it is.
 */
export function walkSei(nal: Uint8Array, visit: (payloadType: number, start: number, end: number) => void): SeiEnding {
  const end = visitSei(nal, visit);
  if (end < 0) return "truncated";
  if (!nal[end]) return "no-trailing-bits";
  return nal[end] === 0x80 ? "complete" : "odd-trailing-bits";
}

/** As {@link walkSei}; returns where rbsp_trailing_bits() begin or should begin, and -1 for `truncated`. */
export function visitSei(nal: Uint8Array, visit: (payloadType: number, start: number, end: number) => void): number {
  let last = nal.length - 1;
  while (last > 0 && nal[last] === 0) last -= 1;
  let at = 1;
  /** payloadType or payloadSize; NaN, which compares as false, if the bytes end before it does. */
  const readSum = (): number => {
    let value = 0;
    while (nal[at] === 255) {
      value += 255;
      at += 1;
    }
    return value + (nal[at++] ?? Number.NaN);
  };
  // more_rbsp_data(): a last byte that is alone can only be trailing bits, as a message takes two bytes.
  while (at < last) {
    const payloadType = readSum();
    const end = readSum() + at;
    if (!(end <= nal.length)) return -1;
    visit(payloadType, at, end);
    at = end;
  }
  // What is left is one byte, or zero bytes. More than one bit of it means that it is not a stop bit.
  const stop = nal[at] ?? 0;
  return (stop & (stop - 1)) === 0 ? at : -1;
}

/** Bytes that payloadType or payloadSize takes, written as 255 + 255 + ... + rest. ITU-T H.264 7.3.2.3.1. */
export function sumLength(value: number): number {
  return Math.floor(value / 255) + 1;
}

/** Writes payloadType or payloadSize and returns the offset after it. ITU-T H.264 7.3.2.3.1. */
export function writeSum(bytes: Uint8Array, at: number, value: number): number {
  while (value >= 255) {
    bytes[at++] = 255;
    value -= 255;
  }
  bytes[at++] = value;
  return at;
}
