import type { EncodedPicture } from "../place.ts";

/** A packet that a middle says it has received or sent. */
export interface TracedPacket {
  readonly ssrc: number;
  readonly sequenceNumber: number;
  /** Of RTP. */
  readonly timestamp: number;
}

const keyOf = ({ ssrc, rtpTimestamp }: EncodedPicture) => `${ssrc} ${rtpTimestamp}`;

/** The packets of each picture, by stream and RTP timestamp. */
class PicturePackets {
  readonly #numbers = new Map<string, Set<number>>();

  add({ ssrc, timestamp, sequenceNumber }: TracedPacket): void {
    const key = keyOf({ ssrc, rtpTimestamp: timestamp });
    const numbers = this.#numbers.get(key) ?? new Set();
    this.#numbers.set(key, numbers.add(sequenceNumber));
  }

  count(picture: EncodedPicture): number {
    return this.#numbers.get(keyOf(picture))?.size ?? 0;
  }
}

/** What a middle says it has received of a publisher: a packet goes on to the subscribers before the next one is told of. */
export class Received {
  readonly pictures: PicturePackets = new PicturePackets();
  last: TracedPacket | undefined;

  take(packet: TracedPacket): void {
    this.pictures.add(packet);
    this.last = packet;
  }
}

/** What a middle says it has sent on to one subscriber, as pictures of the publisher. */
export class Forwarding {
  readonly #received: Received;
  readonly #pictures = new PicturePackets();
  readonly #numbers = new Set<number>();
  #lastAtMs: number | undefined;
  #longestPauseMs = 0;

  constructor(received: Received) {
    this.#received = received;
  }

  /** Takes a packet that is sent, by the clock of the middle. One that is sent again counts once. */
  take({ sequenceNumber }: TracedPacket, atMs: number): void {
    const { last } = this.#received;
    if (!last || this.#numbers.has(sequenceNumber)) return;
    this.#numbers.add(sequenceNumber);
    this.#pictures.add(last);
    this.#longestPauseMs = Math.max(this.#longestPauseMs, atMs - (this.#lastAtMs ?? atMs));
    this.#lastAtMs = atMs;
  }

  /** How much of a picture was sent on, of what was received of it. */
  partOf(picture: EncodedPicture): "all" | "some" | "none" {
    const sent = this.#pictures.count(picture);
    if (sent === 0) return "none";
    return sent < this.#received.pictures.count(picture) ? "some" : "all";
  }

  /** The longest time without a packet, in milliseconds. */
  get longestPauseMs(): number {
    return this.#longestPauseMs;
  }
}
