import type { RTCPeerConnection } from "werift";
import { Random } from "../fuzz/random.ts";
import { Channel, type ChannelOptions } from "./channel.ts";

/** What an impaired connection did. */
export interface Impairment extends Disposable {
  /** RTP packets that were sent, retransmissions included, and how many of them were lost. */
  readonly counts: { readonly sent: number; readonly lost: number };
}

/** Is told of each RTP packet what became of it. */
export type PacketListener = (rtpTimestamp: number, isLost: boolean) => void;

type Send = (data: Buffer) => Promise<void>;

/**
 * Loses, delays, reorders and doubles the RTP that a connected peer sends. STUN and DTLS are left alone, and RTCP is
 * delayed only. Disposing of it gives up what is under way.
 */
export function impair(
  pc: RTCPeerConnection,
  options: ChannelOptions,
  seed: number,
  listener?: PacketListener,
): Impairment {
  const channel = new Channel(options, new Random(seed));
  const connection = connectionOf(pc);
  const send: Send = connection.send.bind(connection);
  const timers = new Timers();
  const later = (data: Buffer, delayMs: number): void => timers.after(delayMs, () => void send(data).catch(() => {}));
  connection.send = async (data: Buffer) => {
    if (!isMedia(data)) return send(data);
    const second = (data[1] as number) & 0x7f;
    // RTCP beside RTP, RFC 5761 4.
    if (second >= 64 && second <= 95) {
      later(data, options.delayMs);
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

/** Delays the RTP and RTCP that a connected peer receives. Disposing of it gives up what is under way. */
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

/** What is under way. */
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

function connectionOf(
  pc: RTCPeerConnection,
): RTCPeerConnection["dtlsTransports"][number]["iceTransport"]["connection"] {
  const [transport] = pc.dtlsTransports;
  if (transport === undefined) throw new Error("impair: the connection has no transport");
  return transport.iceTransport.connection;
}

/** RTP and RTCP beside STUN and DTLS, RFC 7983 7. */
function isMedia(data: Buffer): boolean {
  const first = data[0] as number;
  return first >= 128 && first <= 191;
}
