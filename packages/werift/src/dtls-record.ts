/** Content types of DTLS 1.2 records (RFC 5246 6.2.1). */
export const contentType = { changeCipherSpec: 20, alert: 21, handshake: 22, applicationData: 23 } as const;

/** Bytes of a record in front of its fragment (RFC 6347 4.1). */
const headerBytes = 13;

/** Bytes of a handshake message in front of its body (RFC 6347 4.2.2). */
const handshakeHeaderBytes = 12;

/** The handshake message that is never sent without encryption (RFC 5246 7.4.9). */
const finished = 20;

/**
 * Most bytes of a handshake message. Certificate chains of WebRTC have some 500 bytes; the 24 bits of the length field
 * would let one small fragment allocate 16 MiB.
 */
const maxHandshakeBytes = 64 * 1024;

/** One record of a datagram. */
export interface DtlsRecord {
  readonly type: number;
  readonly epoch: number;
  readonly sequenceNumber: number;
  /** Protocol version as two bytes, 0xfefd for DTLS 1.2. */
  readonly version: number;
  readonly fragment: Buffer;
  /** Header and fragment. */
  readonly bytes: Buffer;
}

/** Whether a datagram on a WebRTC transport is DTLS, by its first byte (RFC 7983 7). */
export function isDtls(datagram: Buffer): boolean {
  const first = datagram[0] ?? 0;
  return first >= 20 && first <= 63;
}

/** The whole records of a datagram; what is cut short at its end is left out. */
export function readDtlsRecords(datagram: Buffer): DtlsRecord[] {
  const records: DtlsRecord[] = [];
  for (let at = 0; at + headerBytes <= datagram.length; ) {
    const end = at + headerBytes + datagram.readUInt16BE(at + 11);
    if (end > datagram.length) break;
    records.push({
      type: datagram.readUInt8(at),
      version: datagram.readUInt16BE(at + 1),
      epoch: datagram.readUInt16BE(at + 3),
      sequenceNumber: datagram.readUIntBE(at + 5, 6),
      fragment: datagram.subarray(at + headerBytes, end),
      bytes: datagram.subarray(at, end),
    });
    at = end;
  }
  return records;
}

/** One record as bytes. */
export function buildDtlsRecord(record: Omit<DtlsRecord, "bytes">): Buffer {
  const { type, version, epoch, sequenceNumber, fragment } = record;
  const bytes = Buffer.alloc(headerBytes + fragment.length);
  bytes.writeUInt8(type, 0);
  bytes.writeUInt16BE(version, 1);
  bytes.writeUInt16BE(epoch, 3);
  bytes.writeUIntBE(sequenceNumber, 5, 6);
  bytes.writeUInt16BE(fragment.length, 11);
  fragment.copy(bytes, headerBytes);
  return bytes;
}

/** A part of a handshake message, or a whole one (RFC 6347 4.2.2). */
export interface HandshakeFragment {
  readonly messageType: number;
  readonly messageBytes: number;
  readonly messageSequence: number;
  readonly offset: number;
  readonly body: Buffer;
}

/** What an unencrypted handshake record holds; nothing unless all of it is allowed there. */
export function readHandshakeFragments(fragment: Buffer): HandshakeFragment[] {
  const fragments: HandshakeFragment[] = [];
  for (let at = 0; at < fragment.length; ) {
    if (at + handshakeHeaderBytes > fragment.length) return [];
    const messageType = fragment.readUInt8(at);
    const messageBytes = fragment.readUIntBE(at + 1, 3);
    const messageSequence = fragment.readUInt16BE(at + 4);
    const offset = fragment.readUIntBE(at + 6, 3);
    const start = at + handshakeHeaderBytes;
    const end = start + fragment.readUIntBE(at + 9, 3);
    const isWithin = end <= fragment.length && offset + (end - start) <= messageBytes;
    if (messageType === finished || messageBytes > maxHandshakeBytes || !isWithin) return [];
    fragments.push({ messageType, messageBytes, messageSequence, offset, body: fragment.subarray(start, end) });
    at = end;
  }
  return fragments;
}

/** A handshake message in one fragment, as the fragment of a record. */
export function buildHandshake(message: Omit<HandshakeFragment, "offset" | "messageBytes">): Buffer {
  const { messageType, messageSequence, body } = message;
  const bytes = Buffer.alloc(handshakeHeaderBytes + body.length);
  bytes.writeUInt8(messageType, 0);
  bytes.writeUIntBE(body.length, 1, 3);
  bytes.writeUInt16BE(messageSequence, 4);
  bytes.writeUIntBE(body.length, 9, 3);
  body.copy(bytes, handshakeHeaderBytes);
  return bytes;
}

/** Whether a decrypted alert ends the connection: close_notify, or any that is fatal (RFC 5246 7.2). */
export function endsConnection(alert: Buffer): boolean {
  const [level, description] = alert;
  return alert.length === 2 && (description === 0 || level === 2);
}
