import { isRtcp } from "@inband/rtp";
import type { RTCPeerConnection } from "werift";
import { Channel, type ChannelOptions } from "../channel.ts";
import { Random } from "../random.ts";

/** A connection that is impaired until this is disposed of, which also drops the packets under way. */
export interface Impairment extends Disposable {
  /** RTP packets sent, retransmissions included, and how many of them were lost. */
  readonly counts: { readonly sent: number; readonly lost: number };
}

/** Hears of each RTP packet whether it was lost. */
export type PacketListener = (rtpTimestamp: number, isLost: boolean) => void;

type Connection = RTCPeerConnection["dtlsTransports"][number]["iceTransport"]["connection"];

/**
 * Loses, delays, reorders and duplicates the RTP that a connected peer sends. RTCP is only delayed, STUN and DTLS pass
 * unharmed.
 *
 * @param seed The same seed loses the same packets.
 */
export function impair(
  pc: RTCPeerConnection,
  options: ChannelOptions,
  seed: number,
  listener?: PacketListener,
): Impairment {
  const channel = new Channel(options, new Random(seed));
  const connection = connectionOf(pc);
  const send = connection.send.bind(connection);
  const timers = new Timers();
  const later = (data: Buffer, delayMs: number): void => timers.after(delayMs, () => void send(data).catch(() => {}));
  connection.send = async (data: Buffer) => {
    if (!isMedia(data)) return send(data);
    if (isRtcp(data)) {
      later(data, options.delayMs ?? 0);
      return;
    }
    const arrivals = channel.next();
    listener?.(data.readUInt32BE(4), arrivals.length === 0);
    for (const delayMs of arrivals) later(data, delayMs);
  };
  return {
    counts: channel,
    [Symbol.dispose]() {
      connection.send = send;
      timers.clear();
    },
  };
}

/** Delays the RTP and RTCP that a connected peer receives, until it is disposed of. */
export function delayReceiving(pc: RTCPeerConnection, delayMs: number): Disposable {
  const { onData } = connectionOf(pc);
  const { execute } = onData;
  const timers = new Timers();
  onData.execute = (data) => {
    if (isMedia(data)) timers.after(delayMs, () => execute(data));
    else execute(data);
  };
  return {
    [Symbol.dispose]() {
      onData.execute = execute;
      timers.clear();
    },
  };
}

/** The packets under way. */
class Timers {
  readonly #timers = new Set<NodeJS.Timeout>();

  /** Calls at once without a delay. */
  after(delayMs: number, call: () => void): void {
    if (delayMs <= 0) {
      call();
      return;
    }
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      call();
    }, delayMs);
    this.#timers.add(timer);
  }

  clear(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }
}

function connectionOf(pc: RTCPeerConnection): Connection {
  const [transport] = pc.dtlsTransports;
  if (transport === undefined) throw new Error("impair: expected a connected peer, got one without a transport");
  return transport.iceTransport.connection;
}

/** Tells RTP and RTCP from STUN and DTLS, RFC 7983 7. */
function isMedia(data: Buffer): boolean {
  const first = data[0] as number;
  return first >= 128 && first <= 191;
}
