import type { MediaPacket } from "@inband/h264";
import { checkOptions } from "@inband/wire";
import { packetBytes } from "./packet-bytes.ts";

/** Settings of a {@link FrameRingBuffer}. */
export interface FrameRingBufferOptions {
  /** Most access units. @defaultValue 150 */
  readonly capacity?: number;
  /** How many access units `preEvent` gives at least, where there are so many. @defaultValue 50 */
  readonly preEventFrames?: number;
  /** Most bytes of NAL units and sound together. @defaultValue 64 MiB */
  readonly maxBytes?: number;
  /**
   * What gives way when it is full: the oldest packets, or the new one, which `push` then refuses, with all up to the next
   * key frame that there is room for.
   *
   * @defaultValue "drop-oldest"
   */
  readonly overflow?: "drop-oldest" | "drop-newest";
}

/** What a ring holds, and what it has let go. */
export interface FrameRingBufferStats {
  /** Access units that it holds. */
  readonly frames: number;
  /** Bytes of all packets that it holds. */
  readonly bytes: number;
  /** Access units that it has taken. */
  readonly pushed: number;
  /** Access units that gave way to newer ones. */
  readonly dropped: number;
  /** Access units that it did not take. */
  readonly refused: number;
}

const names: ReadonlySet<string> = new Set([
  "capacity",
  "preEventFrames",
  "maxBytes",
  "overflow",
] satisfies (keyof FrameRingBufferOptions)[]);

/** Places before the first packet that is held: with so many the others are moved, once. */
const compactAfter = 1024;

/**
 * The last access units of a stream, and the sound beside them, so that what was before an event can still be recorded. The
 * packets are held as they are, not copied: the messages in them stay where they were.
 */
export class FrameRingBuffer {
  readonly capacity: number;
  readonly preEventFrames: number;
  readonly maxBytes: number;
  readonly overflow: "drop-oldest" | "drop-newest";
  /** From `#start` on; those before it are given up, and their places not yet. */
  #packets: (MediaPacket | undefined)[] = [];
  #start = 0;
  #frames = 0;
  #bytes = 0;
  #pushed = 0;
  #dropped = 0;
  #refused = 0;
  /** Whether the next access unit is refused unless it is a key frame: one before it is missing. */
  #isBroken = false;

  /** @throws TypeError or RangeError that names the option. */
  constructor(options: FrameRingBufferOptions = {}) {
    checkOptions(options, names);
    const { capacity = 150, preEventFrames = 50, maxBytes = 64 * 1024 * 1024, overflow = "drop-oldest" } = options;
    for (const [name, value] of Object.entries({ capacity, maxBytes })) {
      if (!Number.isSafeInteger(value) || value < 1) {
        throw new RangeError(`${name}: expected a positive integer, got ${String(value)}`);
      }
    }
    if (!Number.isInteger(preEventFrames) || preEventFrames < 0 || preEventFrames > capacity) {
      throw new RangeError(`preEventFrames: expected 0 to the capacity, ${capacity}, got ${String(preEventFrames)}`);
    }
    if (overflow !== "drop-oldest" && overflow !== "drop-newest") {
      throw new TypeError(`overflow: expected drop-oldest or drop-newest, got ${String(overflow)}`);
    }
    this.capacity = capacity;
    this.preEventFrames = preEventFrames;
    this.maxBytes = maxBytes;
    this.overflow = overflow;
  }

  /** Access units that it holds. */
  get frames(): number {
    return this.#frames;
  }

  /** Takes a packet. False where it was refused: it is larger than the ring, or that is full and keeps what it has. */
  push(packet: MediaPacket): boolean {
    const bytes = packetBytes(packet);
    const isFrame = packet.kind === "video";
    const isFull = this.#bytes + bytes > this.maxBytes || (isFrame && this.#frames === this.capacity);
    const isRefused =
      bytes > this.maxBytes ||
      (isFull && this.overflow === "drop-newest") ||
      (isFrame && this.#isBroken && !packet.isKeyFrame);
    if (isRefused) {
      if (isFrame) {
        this.#refused += 1;
        this.#isBroken = true;
      }
      return false;
    }
    this.#packets.push(packet);
    this.#bytes += bytes;
    if (isFrame) {
      this.#isBroken = false;
      this.#frames += 1;
      this.#pushed += 1;
    }
    while (this.#frames > this.capacity || this.#bytes > this.maxBytes) this.#shift();
    return true;
  }

  /**
   * The last access units and the sound among them: at least `frames`, and more so that they begin with a key frame. Where no
   * key frame is so far back, they begin with the first one that is held; without one they are none.
   */
  preEvent(frames: number = this.preEventFrames): MediaPacket[] {
    if (frames <= 0) return [];
    let count = 0;
    for (let index = this.#packets.length - 1; index >= this.#start; index -= 1) {
      const packet = this.#packets[index];
      if (packet?.kind !== "video") continue;
      count += 1;
      if (count >= frames && packet.isKeyFrame) return this.#from(index);
    }
    return this.#from(this.#firstKeyFrame());
  }

  /** From the newest key frame on; nothing where there is none. */
  keyFrameAndFollowing(): MediaPacket[] {
    return this.preEvent(1);
  }

  /** Forgets everything; the next access unit has to be a key frame where packets were refused before. */
  clear(): void {
    this.#packets = [];
    this.#start = 0;
    this.#frames = 0;
    this.#bytes = 0;
  }

  stats(): FrameRingBufferStats {
    return {
      frames: this.#frames,
      bytes: this.#bytes,
      pushed: this.#pushed,
      dropped: this.#dropped,
      refused: this.#refused,
    };
  }

  #shift(): void {
    const packet = this.#packets[this.#start] as MediaPacket;
    this.#packets[this.#start] = undefined;
    this.#start += 1;
    this.#bytes -= packetBytes(packet);
    if (packet.kind === "video") {
      this.#frames -= 1;
      this.#dropped += 1;
    }
    if (this.#start < compactAfter) return;
    this.#packets = this.#packets.slice(this.#start);
    this.#start = 0;
  }

  #from(index: number): MediaPacket[] {
    return index < 0 ? [] : (this.#packets.slice(index) as MediaPacket[]);
  }

  #firstKeyFrame(): number {
    return this.#packets.findIndex((packet) => packet?.kind === "video" && packet.isKeyFrame);
  }
}
