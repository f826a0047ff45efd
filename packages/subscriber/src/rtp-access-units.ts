import { NalUnitType } from "@inband/h264";
import { sequenceDifference } from "@inband/rtp";

/** Pictures within which packets arrive in any order: at 60 a second, 4 s. */
const maxRecent = 256;

/**
 * Counts the pictures of one RTP stream as their packets come, in any order and more than once. Another timestamp is
 * another picture (RFC 3550 5.1), be it higher, as of the next frame, lower, as of a B-frame or of a sender that begins
 * anew, or hours away. The second field of a frame has the timestamp of the first: it begins where first_mb_in_slice is
 * 0 again, which it is once in a picture (ITU-T H.264 7.4.3).
 */
export class RtpAccessUnits {
  /** In the order of their first packets: whether that one stood behind the newest, in number. */
  readonly #recent = new Map<number, boolean>();
  /** The newest sequence number and its packet's timestamp; -1 before the first. */
  #newest = -1;
  #newestTimestamp = -1;
  /** Whether the first macroblock of that packet's picture has come. */
  #hasBegun = false;

  /** How many pictures begin with this packet: 0 or 1. */
  count(sequenceNumber: number, rtpTimestamp: number, payload: Uint8Array): 0 | 1 {
    // A packet that comes late or again is of a picture that was seen, or of one of which nothing came in time.
    if (this.#newest >= 0 && sequenceDifference(sequenceNumber, this.#newest) <= 0) {
      return this.#recent.has(rtpTimestamp) ? 0 : this.#note(rtpTimestamp, true);
    }
    const isOther = rtpTimestamp !== this.#newestTimestamp;
    this.#newest = sequenceNumber;
    this.#newestTimestamp = rtpTimestamp;
    const begins = hasFirstMacroblock(payload);
    if (isOther) {
      this.#hasBegun = begins;
      // Numbers that went back a little may catch up in the middle of a picture.
      return this.#recent.get(rtpTimestamp) ? 0 : this.#note(rtpTimestamp, false);
    }
    const isSecondField = begins && this.#hasBegun;
    this.#hasBegun ||= begins;
    return isSecondField ? 1 : 0;
  }

  #note(rtpTimestamp: number, isBehind: boolean): 1 {
    this.#recent.set(rtpTimestamp, isBehind);
    if (this.#recent.size > maxRecent) this.#recent.delete(this.#recent.keys().next().value as number);
    return 1;
  }
}

/** Whether a slice begins in this payload whose first_mb_in_slice, an Exp-Golomb code, is 0: the bit 1 (7.3.3). */
function hasFirstMacroblock(payload: Uint8Array): boolean {
  const type = typeAt(payload, 0);
  // FU-A with the start bit (RFC 6184 5.8); the type of its NAL unit stands in the same byte.
  if (type === 28) return ((payload[1] ?? 0) & 0x80) !== 0 && isFirstSlice(payload, 1);
  if (type !== 24) return isFirstSlice(payload, 0);
  // STAP-A (RFC 6184 5.7.1): each NAL unit behind its size.
  for (let at = 1; at + 3 < payload.length; ) {
    if (isFirstSlice(payload, at + 2)) return true;
    at += 2 + (((payload[at] as number) << 8) | (payload[at + 1] as number));
  }
  return false;
}

function isFirstSlice(bytes: Uint8Array, at: number): boolean {
  const type = typeAt(bytes, at);
  return (type === NalUnitType.SliceNonIdr || type === NalUnitType.SliceIdr) && ((bytes[at + 1] ?? 0) & 0x80) !== 0;
}

function typeAt(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) & 31;
}
