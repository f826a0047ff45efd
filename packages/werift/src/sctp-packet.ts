/** Bytes of the common header, and of that of a chunk or a parameter (RFC 9260 3.1, 3.2, 3.2.1). */
const packetHeaderBytes = 12;
const headerBytes = 4;

const selectiveAcknowledgement = 3;

/** Where the parameters of a chunk begin, by its type: INIT, INIT ACK, HEARTBEAT and its answer, ABORT, ERROR, RE-CONFIG. */
const parametersAt: Readonly<Record<number, number>> = { 1: 20, 2: 20, 4: 4, 5: 4, 6: 4, 9: 4, 130: 4 };

/**
 * Whether a packet of SCTP can be read in as many steps as it has bytes: each length in it leads on and stays inside, and no
 * acknowledgement names more than `maxChunks` behind the first that is missing.
 */
export function isBoundedPacket(packet: Buffer, maxChunks: number): boolean {
  if (packet.length < packetHeaderBytes) return false;
  return walk(packet, packetHeaderBytes, packet.length, (at, end) => {
    const type = packet[at] as number;
    if (type === selectiveAcknowledgement) return hasBoundedGaps(packet.subarray(at, end), maxChunks);
    const parameters = parametersAt[type];
    return parameters === undefined || walk(packet, at + parameters, end, () => true);
  });
}

/** Walks over what begins with a type and its length, each padded to 4 bytes. */
function walk(bytes: Buffer, from: number, to: number, visit: (at: number, end: number) => boolean): boolean {
  for (let at = from; at + headerBytes <= to; ) {
    const length = bytes.readUInt16BE(at + 2);
    if (length < headerBytes || at + length > to || !visit(at, at + length)) return false;
    at += (length + 3) & ~3;
  }
  return true;
}

/** RFC 9260 3.3.4. */
function hasBoundedGaps(chunk: Buffer, maxChunks: number): boolean {
  if (chunk.length < 16) return false;
  const blocks = chunk.readUInt16BE(12);
  if (16 + 4 * blocks > chunk.length) return false;
  let chunks = 0;
  for (let at = 16; at < 16 + 4 * blocks; at += 4) {
    chunks += Math.max(0, chunk.readUInt16BE(at + 2) - chunk.readUInt16BE(at) + 1);
  }
  return chunks <= maxChunks;
}
