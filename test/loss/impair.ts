import type { RTCPeerConnection } from "werift";
import { Random } from "../fuzz/random.ts";
import { Channel, type ChannelOptions } from "./channel.ts";

/** What an impaired connection did. */
export interface Impairment extends Disposable {
  /** RTP packets that were sent, retransmissions included, and how many of them were lost. */
  readonly counts: { readonly sent: number; readonly lost: number };
}

type Send = (data: Buffer) => Promise<void>;

/**
 * Loses, delays, reorders and doubles the RTP that a connected peer sends. STUN and DTLS are left alone, and RTCP is
 * delayed only. Disposing of it gives up what is under way.
 */
export function impair(pc: RTCPeerConnection, options: ChannelOptions, seed: number): Impairment {
  const channel = new Channel(options, new Random(seed));
  const timers = new Set<NodeJS.Timeout>();
  const [transport] = pc.dtlsTransports;
  if (transport === undefined) throw new Error("impair: the connection has no transport");
  const { connection } = transport.iceTransport;
  const send: Send = connection.send.bind(connection);
  const later = (data: Buffer, delayMs: number): void => {
    if (delayMs <= 0) {
      send(data).catch(() => {});
      return;
    }
    const timer = setTimeout(() => {
      timers.delete(timer);
      send(data).catch(() => {});
    }, delayMs);
    timers.add(timer);
  };
  connection.send = async (data: Buffer) => {
    const first = data[0] as number;
    const isMedia = first >= 128 && first <= 191;
    const second = (data[1] as number) & 0x7f;
    if (!isMedia) return send(data);
    // RTCP beside RTP, RFC 5761 4.
    if (second >= 64 && second <= 95) later(data, options.delayMs);
    else for (const delayMs of channel.next()) later(data, delayMs);
  };
  return {
    counts: channel,
    [Symbol.dispose]() {
      connection.send = send;
      for (const timer of timers) clearTimeout(timer);
      timers.clear();
    },
  };
}
