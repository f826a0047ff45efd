/** Bytes of one MPEG-TS packet (ISO/IEC 13818-1 2.4.3.2). */
const packetBytes = 188;
const videoPid = 0x100;

/**
 * An MPEG transport stream of an H.264 byte stream whose PES packets end after every `pesBytes` bytes, wherever that is:
 * in a NAL unit, in a start code, between two pictures.
 */
export function transportStream(byteStream: Uint8Array, pesBytes: number): Uint8Array {
  const payloads: Uint8Array[] = [];
  for (let at = 0; at < byteStream.length; at += pesBytes) payloads.push(byteStream.subarray(at, at + pesBytes));
  return transportStreamOf(payloads, (index) => 90_000 + index * 3000);
}

/** The same of PES packets whose PTS, in ticks of 90 kHz, may be left out (ISO/IEC 13818-1 2.4.3.7). */
export function transportStreamOf(
  payloads: readonly Uint8Array[],
  pts: (index: number) => number | undefined,
): Uint8Array {
  const packets: Uint8Array[] = [];
  const counters = new Map<number, number>();
  const write = (pid: number, payload: Uint8Array): void => {
    for (let at = 0; at < payload.length; ) {
      const packet = new Uint8Array(packetBytes).fill(0xff);
      const count = Math.min(packetBytes - 4, payload.length - at);
      const stuffing = packetBytes - 4 - count;
      const counter = counters.get(pid) ?? 0;
      counters.set(pid, (counter + 1) & 15);
      packet.set([0x47, (at === 0 ? 0x40 : 0) | (pid >> 8), pid & 255, (stuffing > 0 ? 0x30 : 0x10) | counter]);
      if (stuffing > 0) packet[4] = stuffing - 1;
      if (stuffing > 1) packet[5] = 0;
      packet.set(payload.subarray(at, at + count), packetBytes - count);
      packets.push(packet);
      at += count;
    }
  };
  const programs = [0, 1, 0xf0, 0];
  const streams = [
    0xe0 | (videoPid >> 8),
    videoPid & 255,
    0xf0,
    0,
    0x1b,
    0xe0 | (videoPid >> 8),
    videoPid & 255,
    0xf0,
    0,
  ];
  write(0, section(0, programs));
  write(0x1000, section(2, streams));
  for (const [index, data] of payloads.entries()) {
    const time = pts(index);
    const stamp = time === undefined ? [] : timestamp(time);
    const header = [0, 0, 1, 0xe0, 0, 0, 0x80, stamp.length > 0 ? 0x80 : 0, stamp.length, ...stamp];
    const pes = new Uint8Array(header.length + data.length);
    pes.set(header);
    pes.set(data, header.length);
    write(videoPid, pes);
  }
  const bytes = new Uint8Array(packets.length * packetBytes);
  for (const [index, packet] of packets.entries()) bytes.set(packet, index * packetBytes);
  return bytes;
}

function timestamp(time: number): number[] {
  return [
    0x21 | ((time >> 29) & 14),
    (time >> 22) & 255,
    ((time >> 14) & 254) | 1,
    (time >> 7) & 255,
    ((time << 1) & 254) | 1,
  ];
}

/** A section of program-specific information behind a pointer field (2.4.4), with its CRC. */
function section(tableId: number, content: readonly number[]): Uint8Array {
  const length = 5 + content.length + 4;
  const body = [tableId, 0xb0 | (length >> 8), length & 255, 0, 1, 0xc1, 0, 0, ...content];
  let crc = 0xffff_ffff;
  for (const byte of body) {
    crc ^= byte << 24;
    for (let bit = 0; bit < 8; bit += 1) crc = crc < 0 ? (crc << 1) ^ 0x04c1_1db7 : crc << 1;
  }
  return Uint8Array.from([0, ...body, crc >>> 24, (crc >>> 16) & 255, (crc >>> 8) & 255, crc & 255]);
}
