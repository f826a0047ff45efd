import type { RTCPeerConnection } from "werift";
import { contentType } from "./dtls-record.ts";
import { sendRecord } from "./werift-internals.ts";

/** Level warning, description close_notify (RFC 5246 7.2). */
const closeNotify = Buffer.of(1, 0);

/**
 * Tells the peer of a connection that the connection ends, by the alert that DTLS has for it: the DTLS transport of a
 * werift peer changes to `closed` at once. werift itself sends none when it closes, and its peers then wait half a minute
 * for consent to expire (RFC 7675 5.1). Chromium 156 ignores the alert and learns of the end from ICE. Call it right
 * before `pc.close`. Never rejects.
 */
export async function sendCloseNotify(pc: RTCPeerConnection): Promise<void> {
  for (const transport of pc.dtlsTransports) {
    if (transport.state !== "connected") continue;
    try {
      await sendRecord(transport, contentType.alert, closeNotify);
    } catch {
      // The peer learns of the end later.
    }
  }
  // Node hands a datagram to the system in a later turn, and closing its socket would take it back.
  await new Promise((resolve) => setImmediate(resolve));
}
