import type { RTCPeerConnection, RTCSctpTransport } from "werift";
import { isBoundedPacket } from "./sctp-packet.ts";
import { filterDataChunks, filterMessages, filterPackets } from "./werift-sctp-internals.ts";

/** Protocols of messages (RFC 8832 8.1, RFC 8831 8). */
const establishment = 50;
const protocols = new Set([establishment, 51, 53, 56, 57]);

/** RFC 8832 5.2. */
const acknowledgement = 2;

/** Chunks that may wait for others before them: those of the window that werift advertises, 1 MiB. */
const maxMisordered = 1024;

/** Chunks that an acknowledgement may name, however few wait for one: it may be late. */
const leastOutstanding = 1024;

const guarded = new WeakSet<RTCSctpTransport["sctp"]>();

/**
 * Lets a peer do no harm by its data channels, once for each association. werift 0.25.2 throws at a packet that is none, a
 * message of an unknown protocol and an acknowledgement of a channel that it has closed, where nobody catches it, and walks
 * for ever over a chunk or a parameter of no length, so that one datagram of a peer ends the process; it counts
 * hundreds of times to 65 535 over one that acknowledges; and it keeps fragments beyond the window that it has advertised.
 */
export function guardChannels({ sctpTransport: transport }: RTCPeerConnection): void {
  if (!transport || guarded.has(transport.sctp)) return;
  const { sctp } = transport;
  guarded.add(sctp);
  filterPackets(sctp, (packet, outstanding) => isBoundedPacket(packet, Math.max(leastOutstanding, outstanding)));
  // RFC 9260 6.2: what is beyond the window is dropped, and comes again.
  filterDataChunks(sctp, (bytes, window, misordered) => bytes <= window && misordered < maxMisordered);
  filterMessages(transport, (streamId, protocol, data) => {
    if (!protocols.has(protocol)) return false;
    return protocol !== establishment || data[0] !== acknowledgement || transport.dataChannels[streamId] !== undefined;
  });
}
