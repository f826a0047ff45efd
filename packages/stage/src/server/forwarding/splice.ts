import { sequenceDifference } from "@inband/rtp";

/** Packets within which one that was sent before the splice may still come late; what a `SequenceWindow` lets through. */
const latePackets = 2048;

/** The numbers of a packet, as they came or as they go on. */
export interface PacketNumbers {
  readonly sequenceNumber: number;
  readonly timestamp: number;
}

/**
 * Numbers the RTP of sources that follow each other as one stream: without gaps in sequence numbers, whose wraps SRTP
 * counts (RFC 3711 3.3.1), and with timestamps that go on by the clock. The numbers of the first source stay as they are.
 */
export class Splice {
  readonly #clockRate: number;
  #sequenceOffset = 0;
  #timestampOffset = 0;
  #frameOffset = 0;
  #highest: number | undefined;
  #lastTimestamp = 0;
  #lastAtMs = 0;
  #lastFrame = 0;
  /** Whether the next packet, and the next Dependency Descriptor, is the first of its source. */
  #begins = false;
  #beginsFrames = false;
  /** The first packet of the source, while there may be late ones from before it. */
  #first: number | undefined;
  #since = 0;

  /** `clockRate`: of the timestamps, in hertz. */
  constructor(clockRate: number) {
    this.#clockRate = clockRate;
  }

  /** What comes from now on is of another source. */
  begin(): void {
    this.#begins = this.#highest !== undefined;
    this.#beginsFrames = this.#begins;
  }

  /** Undefined for a packet from before the first one of its source: its number has been used. */
  next({ sequenceNumber, timestamp }: PacketNumbers): PacketNumbers | undefined {
    const nowMs = performance.now();
    if (this.#begins && this.#highest !== undefined) {
      this.#begins = false;
      const elapsed = Math.round(((nowMs - this.#lastAtMs) * this.#clockRate) / 1000);
      this.#sequenceOffset = this.#highest + 1 - sequenceNumber;
      this.#timestampOffset = this.#lastTimestamp + Math.max(1, elapsed) - timestamp;
      this.#first = sequenceNumber;
      this.#since = 0;
    }
    if (this.#first !== undefined) {
      if (sequenceDifference(sequenceNumber, this.#first) < 0) return undefined;
      if (++this.#since > latePackets) this.#first = undefined;
    }
    const numbers = {
      sequenceNumber: (sequenceNumber + this.#sequenceOffset) & 0xffff,
      timestamp: (timestamp + this.#timestampOffset) >>> 0,
    };
    if (this.#highest === undefined || sequenceDifference(numbers.sequenceNumber, this.#highest) > 0) {
      this.#highest = numbers.sequenceNumber;
      this.#lastTimestamp = numbers.timestamp;
      this.#lastAtMs = nowMs;
    }
    return numbers;
  }

  /** A Dependency Descriptor with its frame number, its second and third byte, in the count of the whole stream. */
  descriptor(bytes: Buffer): Buffer {
    if (bytes.length < 3) return bytes;
    const frame = bytes.readUInt16BE(1);
    if (this.#beginsFrames) {
      this.#beginsFrames = false;
      this.#frameOffset = this.#lastFrame + 1 - frame;
    }
    this.#lastFrame = (frame + this.#frameOffset) & 0xffff;
    if (this.#frameOffset === 0) return bytes;
    const copy = Buffer.from(bytes);
    copy.writeUInt16BE(this.#lastFrame, 1);
    return copy;
  }
}
