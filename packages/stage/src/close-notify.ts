import type { RTCPeerConnection } from "werift";

/** Content type of an alert record (RFC 5246 6.2.1). */
const alert = 21;

/** Level warning, description close_notify (RFC 5246 7.2). */
const closeNotify = Buffer.of(1, 0);

/**
 * Tells the peer of a connection that it ends, by the alert that DTLS has for it: a werift peer's DTLS transport changes
 * to `closed` at once. werift itself sends none when it closes, and its peers then wait half a minute for consent to run
 * out (RFC 7675 5.1). Chromium 156 takes no notice of the alert and learns it from ICE. Call it right before `pc.close`.
 * Never rejects.
 */
export async function sendCloseNotify(pc: RTCPeerConnection): Promise<void> {
  for (const { dtls, state, iceTransport } of pc.dtlsTransports) {
    if (!dtls || state !== "connected") continue;
    try {
      const { cipher, dtls: context } = dtls;
      const { major, minor } = context.version;
      const { epoch } = context;
      const sequenceNumber = ++context.recordSequenceNumber;
      const header = { type: alert, version: (major << 8) | minor, epoch, sequenceNumber };
      const fragment = cipher.cipher.encrypt(cipher.sessionType, closeNotify, header);
      const record = Buffer.alloc(13 + fragment.length);
      record.writeUInt8(alert, 0);
      record.writeUInt16BE(header.version, 1);
      record.writeUInt16BE(epoch, 3);
      record.writeUIntBE(sequenceNumber, 5, 6);
      record.writeUInt16BE(fragment.length, 11);
      fragment.copy(record, 13);
      await iceTransport.connection.send(record);
    } catch {
      // The peer learns it later.
    }
  }
}
