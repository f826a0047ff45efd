import type { RtpPacket } from "werift";

/** Packets that are kept, a power of two: four seconds of 2 Mbit/s, or the key frames of 300 KB of four of them. */
const historySize = 1024;

/** The packets of one stream that left last, by sequence number. */
export class PacketHistory<Packet extends RtpPacket> {
  readonly #packets: (Packet | undefined)[] = [];

  add(packet: Packet): void {
    this.#packets[packet.header.sequenceNumber & (historySize - 1)] = packet;
  }

  get(sequenceNumber: number): Packet | undefined {
    const packet = this.#packets[sequenceNumber & (historySize - 1)];
    return packet?.header.sequenceNumber === sequenceNumber ? packet : undefined;
  }
}
