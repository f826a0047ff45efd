import { buildSei, buildUserDataUnregistered } from "@inband/h264";
import { rtpTicks, ticksPerMs } from "@inband/rtp";
import type { OutgoingFrame } from "./frame.ts";
import type { Part } from "./part.ts";

/** Header byte and trailing bits of a SEI NAL unit: what messages that share one do not pay again. */
export const nalUnitOverheadBytes = 2;

/** SEI payloadType of user_data_unregistered (ITU-T H.264 D.1.7). */
export const userDataUnregisteredType = 5;

/** An age above 2^31 would speak of an access unit to come: 2^31 ticks are 6.6 hours, and messages may wait for a day. */
const maxAge = 0x7fff_ffff;
const maxAgeMs = maxAge / ticksPerMs;

/** Carriers that are offered the same parts measure them once. */
const measured = new WeakMap<Part, number>();

/** A message as all streams of one carrier share it. */
export class OfferedMessage {
  readonly id: string;
  readonly parts: readonly Part[];
  /** Bytes of each part as an escaped SEI message, at most: an age of zeros takes the most emulation prevention bytes. */
  readonly partBytes: readonly number[];
  /** All parts together. */
  readonly bytes: number;
  /** Counts offers, so that what was offered first goes first. */
  readonly order: number;
  readonly copies: number;
  readonly keyFrameCopies: number;
  readonly priority: number;
  readonly expiresAtMs: number;
  readonly copiesWithinMs: number;
  readonly standing: Part["standing"];
  readonly repeats: string | undefined;
  /** Whether the carrier has said what became of it. */
  isReported = false;
  /** When it left first on any stream, in milliseconds by the clock of `expiresAtMs`; undefined before. */
  leftAtMs: number | undefined;

  constructor(parts: readonly Part[], order: number) {
    const first = parts[0] as Part;
    this.id = first.messageId;
    this.parts = parts;
    this.partBytes = parts.map(bytesOf);
    this.bytes = this.partBytes.reduce((sum, bytes) => sum + bytes, 0);
    this.order = order;
    this.copies = first.copies;
    this.keyFrameCopies = first.keyFrameCopies;
    this.priority = first.priority;
    this.expiresAtMs = first.expiresAtMs;
    this.copiesWithinMs = first.copiesWithinMs ?? Number.POSITIVE_INFINITY;
    this.standing = first.standing;
    this.repeats = first.repeats;
    this.leftAtMs = first.leftAtMs;
  }

  /** What a part takes of a budget at most: a NAL unit of its own where it may not share one. */
  costOf(index: number): number {
    return (this.partBytes[index] as number) + nalUnitOverheadBytes;
  }

  /** What all parts together take of a budget at most. */
  get cost(): number {
    return this.bytes + this.parts.length * nalUnitOverheadBytes;
  }

  /**
   * Ticks from the access unit that the message speaks of to this one, modulo 2^32; counted from `firstRtpTimestamp`,
   * which left `elapsedMs` ago, where the message names none. Held at 2^31 - 1 where it is more.
   */
  age(frame: OutgoingFrame, firstRtpTimestamp: number, elapsedMs: number): number {
    const timestamp = this.parts[0]?.timestamp;
    if (timestamp !== undefined && frame.timestamp !== undefined) {
      const age = rtpTicks(frame.timestamp) - rtpTicks(timestamp);
      return Math.max(-maxAge, Math.min(maxAge, age)) >>> 0;
    }
    return elapsedMs >= maxAgeMs ? maxAge : (frame.rtpTimestamp - firstRtpTimestamp) >>> 0;
  }
}

/** Bytes of a part as an escaped SEI message, its age being zero. */
function bytesOf(part: Part): number {
  let bytes = measured.get(part);
  if (bytes === undefined) {
    const payload = buildUserDataUnregistered(part);
    bytes = buildSei([{ payloadType: userDataUnregisteredType, payload }]).length - nalUnitOverheadBytes;
    measured.set(part, bytes);
  }
  return bytes;
}
