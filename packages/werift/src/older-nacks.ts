import { sequenceDifference } from "@inband/rtp";
import {
  type Extension,
  type GenericNack,
  type RTCRtpTransceiver,
  RTP_EXTENSION_URI,
  RtpHeader,
  RtpPacket,
  serializeSdesMid,
} from "werift";
import { Pacer } from "./pacer.ts";
import { PacketHistory } from "./packet-history.ts";
import { keptPacket, repeatsByRtx, sendAgain } from "./werift-rtp-internals.ts";

/** Packets that wait to be repeated, for one receiver. */
const maxWaiting = 512;

/** How soon a packet may be repeated again, in milliseconds: receivers ask no sooner than a round trip later. */
const repeatAfterMs = 10;

/** Times of repetition that are remembered, a power of two. */
const rememberedTimes = 1024;

/** A packet that has left, as far as it is the same for all receivers. */
export interface RepeatablePacket {
  readonly timestamp: number;
  readonly marker: boolean;
  readonly payload: Buffer;
  /** Its Dependency Descriptor under the id that the receiver gave it. */
  readonly descriptor?: Extension | undefined;
}

/** What `OlderNacks` asks its owner, and tells it. */
export interface OlderNacksOptions {
  /** The packet that left under a sequence number, where it is known. */
  find(sequenceNumber: number): RepeatablePacket | undefined;
  /** A packet has been repeated. */
  repeated?(): void;
}

/**
 * Answers those NACKs of a sender's peer that are too old for werift, which keeps 128 packets: a key frame of 300 KB has
 * 251. What is repeated is paced, and each packet no sooner than 10 ms after the last time.
 *
 * Where RTX was negotiated, packets are made anew from what `find` knows of them. Elsewhere a packet can only be repeated
 * byte by byte, since another header under the same number would reuse its nonce (RFC 3711 9.1); those are kept here.
 * werift's SRTP counts wraps for 100 packets back alone, so without RTX none is repeated from before a wrap.
 */
export class OlderNacks {
  readonly #transceiver: RTCRtpTransceiver;
  readonly #options: OlderNacksOptions;
  readonly #unsubscribe: () => void;
  #left: PacketHistory<RtpPacket> | undefined;
  #newest: number | undefined;
  #pacer: Pacer<RtpPacket> | undefined;
  #repeatedAtMs: Float64Array | undefined;

  constructor(transceiver: RTCRtpTransceiver, options: OlderNacksOptions) {
    this.#transceiver = transceiver;
    this.#options = options;
    this.#unsubscribe = transceiver.sender.onGenericNack.subscribe((nack) => this.#answer(nack)).unSubscribe;
  }

  /** To be called when a packet has left, with the number that it left under. */
  left(sequenceNumber: number): void {
    if (this.#newest === undefined || sequenceDifference(sequenceNumber, this.#newest) > 0)
      this.#newest = sequenceNumber;
    const { sender } = this.#transceiver;
    if (repeatsByRtx(sender)) return;
    const packet = keptPacket(sender, sequenceNumber);
    if (!packet) return;
    this.#left ??= new PacketHistory();
    this.#left.add(sequenceNumber, packet);
  }

  close(): void {
    this.#unsubscribe();
    this.#pacer?.clear();
    this.#left = undefined;
  }

  #answer({ lost }: GenericNack): void {
    const { sender } = this.#transceiver;
    const nowMs = performance.now();
    for (const sequenceNumber of lost) {
      if (keptPacket(sender, sequenceNumber)) continue;
      const packet = repeatsByRtx(sender) ? this.#madeAnew(sequenceNumber) : this.#asItLeft(sequenceNumber);
      if (!packet || !this.#isDue(sequenceNumber, nowMs)) continue;
      this.#pacer ??= new Pacer(
        (packet) => {
          this.#options.repeated?.();
          sendAgain(sender, packet);
        },
        { maxWaiting },
      );
      this.#pacer.add(packet);
    }
  }

  #madeAnew(sequenceNumber: number): RtpPacket | undefined {
    const found = this.#options.find(sequenceNumber);
    if (!found) return undefined;
    const { timestamp, marker, payload, descriptor } = found;
    const { mid, headerExtensions } = this.#transceiver;
    const midId = headerExtensions.find(({ uri }) => uri === RTP_EXTENSION_URI.sdesMid)?.id;
    const extensions: Extension[] = midId === undefined || !mid ? [] : [{ id: midId, payload: serializeSdesMid(mid) }];
    if (descriptor) extensions.push(descriptor);
    return new RtpPacket(new RtpHeader({ sequenceNumber, timestamp, marker, extensions }), payload);
  }

  #asItLeft(sequenceNumber: number): RtpPacket | undefined {
    return sequenceNumber < (this.#newest ?? 0) ? this.#left?.get(sequenceNumber) : undefined;
  }

  #isDue(sequenceNumber: number, nowMs: number): boolean {
    this.#repeatedAtMs ??= new Float64Array(rememberedTimes).fill(Number.NEGATIVE_INFINITY);
    const place = sequenceNumber & (rememberedTimes - 1);
    if (nowMs - (this.#repeatedAtMs[place] as number) < repeatAfterMs) return false;
    this.#repeatedAtMs[place] = nowMs;
    return true;
  }
}
