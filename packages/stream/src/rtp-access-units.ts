import { sequenceDifference } from "@inband/rtp";
import { BoundedMap } from "./bounded-map.ts";
import { isFirstSlice } from "./first-slice.ts";

/** Pictures whose packets may arrive in any order: 4 s at 60 per second. */
const maxRecent = 256;

/**
 * Counts the pictures of one RTP stream by their packets, which may arrive in any order and more than once. Another timestamp
 * is another picture (RFC 3550 5.1), whether it is higher, as that of the next frame, lower, as that of a B-frame or of a
 * restarted sender, or hours away. The second field of a frame has the timestamp of the first: it begins when
 * first_mb_in_slice is 0 again, which it is once in a picture (ITU-T H.264 7.4.3).
 */
export class RtpAccessUnits {
  /** In order of their first packets: whether that packet had a lower sequence number than the newest. */
  readonly #recent = new BoundedMap<number, boolean>(maxRecent);
  /** The newest sequence number and the timestamp of its packet; -1 before the first. */
  #newest = -1;
  #newestTimestamp = -1;
  /** Whether the first macroblock of the picture of that packet has arrived. */
  #hasBegun = false;

  /** How many pictures begin with this packet: 0 or 1. */
  count(sequenceNumber: number, rtpTimestamp: number, payload: Uint8Array): 0 | 1 {
    // A late or repeated packet belongs to a picture that was seen, or to one of which nothing arrived in time.
    if (this.#newest >= 0 && sequenceDifference(sequenceNumber, this.#newest) <= 0) {
      return this.#recent.has(rtpTimestamp) ? 0 : this.#note(rtpTimestamp, true);
    }
    const isOther = rtpTimestamp !== this.#newestTimestamp;
    this.#newest = sequenceNumber;
    this.#newestTimestamp = rtpTimestamp;
    const begins = hasFirstMacroblock(payload);
    if (isOther) {
      this.#hasBegun = begins;
      // Sequence numbers that went back a little may catch up in the middle of a picture.
      return this.#recent.get(rtpTimestamp) ? 0 : this.#note(rtpTimestamp, false);
    }
    const isSecondField = begins && this.#hasBegun;
    this.#hasBegun ||= begins;
    return isSecondField ? 1 : 0;
  }

  #note(rtpTimestamp: number, isBehind: boolean): 1 {
    this.#recent.set(rtpTimestamp, isBehind);
    return 1;
  }
}

/** Whether the first slice of a picture begins in this payload. */
function hasFirstMacroblock(payload: Uint8Array): boolean {
  const type = (payload[0] ?? 0) & 31;
  // FU-A with the start bit (RFC 6184 5.8); the same byte holds the type of its NAL unit.
  if (type === 28) return ((payload[1] ?? 0) & 0x80) !== 0 && isFirstSlice(payload, 1);
  if (type !== 24) return isFirstSlice(payload, 0);
  // STAP-A (RFC 6184 5.7.1): each NAL unit behind its size.
  for (let at = 1; at + 3 < payload.length; ) {
    if (isFirstSlice(payload, at + 2)) return true;
    at += 2 + (((payload[at] as number) << 8) | (payload[at + 1] as number));
  }
  return false;
}
