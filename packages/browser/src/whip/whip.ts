import { gathered } from "./gathered.ts";
import { JoinedSession } from "./joined-session.ts";
import { postOffer } from "./post-offer.ts";
import { WhipError } from "./whip-error.ts";
import type { WhipOptions } from "./whip-options.ts";
import type { WhipSession } from "./whip-session.ts";

/**
 * Publishes what the transceivers of a connection send, by WHIP (RFC 9725). Add the tracks, and call `browserCarrier`,
 * before. Resolves when the server has answered; the connection comes about after that.
 *
 * @throws WhipError for what the server refuses; TypeError for a connection that has nothing to offer, and, from `fetch`, where
 * the server cannot be reached; the reason of the signal, or a TimeoutError. The connection is left open then.
 */
export function connectWhip(connection: RTCPeerConnection, options: WhipOptions): Promise<WhipSession> {
  return join(connection, options);
}

/**
 * Receives by WHEP (draft-ietf-wish-whep). Add the transceivers that receive before, and call `browserFeed` right behind
 * `addTransceiver`: Chromium passes by a transform that is set any later. Otherwise as `connectWhip`.
 */
export function connectWhep(connection: RTCPeerConnection, options: WhipOptions): Promise<WhipSession> {
  return join(connection, options);
}

async function join(connection: RTCPeerConnection, options: WhipOptions): Promise<WhipSession> {
  const { url, token, timeoutMs = 15_000, trustedHosts = [] } = options;
  const timeout = AbortSignal.timeout(timeoutMs);
  const signal = options.signal ? AbortSignal.any([options.signal, timeout]) : timeout;
  signal.throwIfAborted();
  await connection.setLocalDescription(await connection.createOffer());
  await gathered(connection, signal);
  const offer = connection.localDescription?.sdp ?? "";
  if (!/^m=/m.test(offer)) {
    throw new TypeError("connection: expected one with tracks, transceivers or a data channel, got one without");
  }
  const response = await postOffer(offer, { url, token, trustedHosts, signal });
  const sdp = await response.text();
  if (!response.ok) throw new WhipError(response.status, sdp);
  const session = new JoinedSession(connection, response, { token, trustedHosts });
  try {
    if (!sdp.startsWith("v=0")) throw new WhipError(response.status, sdp);
    signal.throwIfAborted();
    await connection.setRemoteDescription({ type: "answer", sdp });
  } catch (error) {
    session.leave();
    throw error;
  }
  return session;
}
