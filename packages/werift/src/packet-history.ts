/** Packets that are kept, a power of two: four seconds of 2 Mbit/s, or four key frames of 300 KB. */
const historySize = 1024;

/** The packets of one stream that left last, by sequence number. */
export class PacketHistory<Packet> {
  readonly #numbers = new Int32Array(historySize).fill(-1);
  readonly #packets: Packet[] = [];

  add(sequenceNumber: number, packet: Packet): void {
    const place = sequenceNumber & (historySize - 1);
    this.#numbers[place] = sequenceNumber;
    this.#packets[place] = packet;
  }

  get(sequenceNumber: number): Packet | undefined {
    const place = sequenceNumber & (historySize - 1);
    return this.#numbers[place] === sequenceNumber ? this.#packets[place] : undefined;
  }
}
