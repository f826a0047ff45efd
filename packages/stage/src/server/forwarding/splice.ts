import { sequenceDifference } from "@inband/rtp";

/** Packets within which one that was sent before the splice may still come late; what a `SequenceWindow` lets through. */
const latePackets = 2048;

/** The numbers of a packet that are written anew. */
export interface PacketNumbers {
  sequenceNumber: number;
  timestamp: number;
}

/** How the numbers of a source lie to those that they go on under. */
export interface Offsets {
  readonly sequence: number;
  readonly timestamp: number;
  readonly frame: number;
}

const noOffsets: Offsets = { sequence: 0, timestamp: 0, frame: 0 };

/**
 * Numbers the RTP of sources that follow each other as one stream: without gaps in sequence numbers, whose wraps SRTP
 * counts (RFC 3711 3.3.1), and with timestamps that go on by the clock. The numbers of the first source stay as they are.
 */
export class Splice {
  readonly #clockRate: number;
  #offsets = noOffsets;
  #highest: number | undefined;
  #lastTimestamp = 0;
  #lastAtMs = 0;
  #lastFrame = 0;
  /** Whether the next packet, and the next Dependency Descriptor, is the first of its source. */
  #begins = false;
  #beginsFrames = false;
  /** The first packet of the source, but for the very first source, while there may be late ones from before it. */
  #first: number | undefined;
  /** What the first packet of the source went on under, for as long: half a wrap later it would seem to lie ahead. */
  #began: number | undefined;
  /** Packets of the source so far, counted to one more than `latePackets`. */
  #since = 0;

  /** `clockRate`: of the timestamps, in hertz. */
  constructor(clockRate: number) {
    this.#clockRate = clockRate;
  }

  /** Those of the source at the moment. */
  get offsets(): Offsets {
    return this.#offsets;
  }

  /** The highest sequence number so far, in the count of the source; undefined before its first packet. */
  get highestInSource(): number | undefined {
    if (this.#highest === undefined || this.#begins) return undefined;
    return (this.#highest - this.#offsets.sequence) & 0xffff;
  }

  /** What comes from now on is of another source. */
  begin(): void {
    this.#begins = this.#highest !== undefined;
    this.#beginsFrames = this.#begins;
  }

  /** Renumbers a packet. False for one from before the first one of its source: its number has been used. */
  renumber(numbers: PacketNumbers, nowMs: number): boolean {
    const { sequenceNumber, timestamp } = numbers;
    if (this.#begins && this.#highest !== undefined) {
      this.#begins = false;
      const elapsed = Math.round(((nowMs - this.#lastAtMs) * this.#clockRate) / 1000);
      this.#offsets = {
        sequence: this.#highest + 1 - sequenceNumber,
        timestamp: this.#lastTimestamp + Math.max(1, elapsed) - timestamp,
        frame: this.#offsets.frame,
      };
      this.#first = sequenceNumber;
      this.#since = 0;
    }
    if (this.#first !== undefined && sequenceDifference(sequenceNumber, this.#first) < 0) return false;
    renumber(numbers, this.#offsets);
    if (this.#since === 0) this.#began = numbers.sequenceNumber;
    if (this.#since <= latePackets) this.#since += 1;
    else {
      this.#first = undefined;
      this.#began = undefined;
    }
    if (this.#highest === undefined || sequenceDifference(numbers.sequenceNumber, this.#highest) > 0) {
      this.#highest = numbers.sequenceNumber;
      this.#lastTimestamp = numbers.timestamp;
      this.#lastAtMs = nowMs;
    }
    return true;
  }

  /** The number in the source of a packet that went on under this one; undefined where that was before the source. */
  numberInSource(sequenceNumber: number): number | undefined {
    if (this.#highest === undefined || this.#begins) return undefined;
    if (this.#began !== undefined && sequenceDifference(sequenceNumber, this.#began) < 0) return undefined;
    return (sequenceNumber - this.#offsets.sequence) & 0xffff;
  }

  /** A Dependency Descriptor with its frame number, its second and third byte, in the count of the whole stream. */
  descriptor(bytes: Buffer): Buffer {
    if (bytes.length < 3) return bytes;
    const frame = bytes.readUInt16BE(1);
    if (this.#beginsFrames) {
      this.#beginsFrames = false;
      this.#offsets = { ...this.#offsets, frame: this.#lastFrame + 1 - frame };
    }
    this.#lastFrame = (frame + this.#offsets.frame) & 0xffff;
    return shiftedDescriptor(bytes, this.#offsets);
  }
}

/** Renumbers a packet of a source whose offsets are known. */
export function renumber(numbers: PacketNumbers, { sequence, timestamp }: Offsets): void {
  numbers.sequenceNumber = (numbers.sequenceNumber + sequence) & 0xffff;
  numbers.timestamp = (numbers.timestamp + timestamp) >>> 0;
}

/** The Dependency Descriptor of a source whose offsets are known. */
export function shiftedDescriptor(bytes: Buffer, { frame }: Offsets): Buffer {
  if (frame === 0 || bytes.length < 3) return bytes;
  const copy = Buffer.from(bytes);
  copy.writeUInt16BE((bytes.readUInt16BE(1) + frame) & 0xffff, 1);
  return copy;
}
