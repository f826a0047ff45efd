import type { RTCPeerConnection } from "werift";

/** Loss of RTP on its way out of a werift peer. */
export interface OutgoingLoss {
  /** Share of the RTP packets that are dropped, 0 to 1. */
  rate: number;
  /** Packets dropped so far. */
  dropped: number;
}

/** Drops outgoing RTP packets of a connected peer connection at random, retransmissions too, and no RTCP. */
export function dropOutgoingRtp(pc: RTCPeerConnection, options: { seed: number; rate: number }): OutgoingLoss {
  const loss: OutgoingLoss = { rate: options.rate, dropped: 0 };
  const random = xorshift(options.seed);
  for (const { iceTransport } of pc.dtlsTransports) {
    const { connection } = iceTransport;
    const send = connection.send.bind(connection);
    connection.send = async (data) => {
      if (isRtp(data) && random() < loss.rate) loss.dropped += 1;
      else await send(data);
    };
  }
  return loss;
}

/** RFC 5761 4 and RFC 7983 7: what is neither DTLS nor STUN nor RTCP. */
function isRtp(data: Uint8Array): boolean {
  const [first = 0, second = 0] = data;
  const type = second & 0x7f;
  return first >= 128 && first <= 191 && (type < 64 || type > 95);
}

/** Numbers from 0 to 1, the same for the same seed. */
function xorshift(seed: number): () => number {
  let state = seed >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}
