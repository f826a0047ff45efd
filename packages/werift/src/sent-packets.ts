import { extendFrom } from "@inband/rtp";
import { PacketStatus, RunLengthChunk, type TransportWideCC } from "werift";

/** Packets that are remembered, a power of two: receivers report about every 100 ms, so this is 400 Mbit/s. */
const windowSize = 4096;

/** What a report says of the packets that were remembered. */
export interface LossReport {
  /** Packets that it reports as lost, each once. */
  readonly lost: number;
  /** Whether one of them left since the last key frame began, so that the picture stays broken until the next. */
  readonly breaksPicture: boolean;
}

/**
 * The packets of a video on one transport, by transport-wide sequence number, until the receiver reports on them. Reads
 * the chunks of a report itself (draft-holmer-rmcat-transport-wide-cc-extensions-01, 3.1): werift's `packetResults`
 * leaves status vectors out, and losses with them.
 */
export class SentPackets {
  /** Extended, so that the last key frame stays behind what follows, however long ago it left. */
  readonly #numbers = new Float64Array(windowSize).fill(-1);
  #newest = 0;
  #keyFrame = Number.NEGATIVE_INFINITY;

  /** A packet has left under this transport-wide sequence number. */
  add(number: number, startsKeyFrame: boolean): void {
    // Packets are numbered as they leave, those of other streams between them, so each is ahead of the last.
    this.#newest = extendFrom(this.#newest, number);
    this.#numbers[number & (windowSize - 1)] = this.#newest;
    if (startsKeyFrame) this.#keyFrame = this.#newest;
  }

  /** Takes a report of the receiver. Safe on any bytes. */
  read({ baseSequenceNumber, packetStatusCount, packetChunks }: TransportWideCC): LossReport {
    const count = Math.min(packetStatusCount, windowSize);
    let index = 0;
    let lost = 0;
    let breaksPicture = false;
    const settle = (isReceived: boolean): void => {
      const number = (baseSequenceNumber + index) & 0xffff;
      index += 1;
      const slot = number & (windowSize - 1);
      const extended = this.#numbers[slot] as number;
      if (extended % 0x1_0000 !== number) return;
      // Reports overlap: each packet counts by the first one that names it.
      this.#numbers[slot] = -1;
      if (isReceived) return;
      lost += 1;
      breaksPicture ||= extended >= this.#keyFrame;
    };
    for (const chunk of packetChunks) {
      if (chunk instanceof RunLengthChunk) {
        const isReceived = chunk.packetStatus !== PacketStatus.TypeTCCPacketNotReceived;
        for (let run = 0; run < chunk.runLength && index < count; run += 1) settle(isReceived);
      } else {
        for (const symbol of chunk.symbolList) {
          if (index < count) settle(symbol !== PacketStatus.TypeTCCPacketNotReceived);
        }
      }
    }
    return { lost, breaksPicture };
  }
}
