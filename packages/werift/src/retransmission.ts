import { BoundedMap, WakeTimer } from "@inband/stream";
import { GenericNack, type RTCRtpTransceiver, RtcpTransportLayerFeedback, type RtpHeader } from "werift";
import { LostPackets } from "./lost-packets.ts";
import { type SilencedNack, sendFeedback, silenceNack } from "./werift-rtp-internals.ts";

/** Streams of one transceiver that are tracked at once; simulcast has three. */
const maxStreams = 16;

/** Sequence numbers in one NACK, which then fits into a packet however they are spread. */
const maxPerNack = 200;

/**
 * The earliest that a timer repeats requests, in milliseconds; mostly a packet arrives before that and repeats them. A timer
 * that finds all of them answered costs as much as some received packets.
 */
const retryTimerMs = 50;

const known = new WeakMap<RTCRtpTransceiver, Retransmission>();

/**
 * Requests lost packets from the peer of a transceiver, in place of werift, which repeats its requests every 5 ms whatever
 * the round trip is (half as many packets again at 50 ms and 5 % loss), and stops them with the loss of packet 65535.
 */
export class Retransmission {
  readonly #transceiver: RTCRtpTransceiver;
  readonly #streams = new BoundedMap<number, LostPackets>(maxStreams);
  #silenced: SilencedNack | undefined;
  #isNegotiated = false;
  #last: RtpHeader | undefined;
  #users = 0;
  readonly #timer = new WakeTimer(() => this.#ask(performance.now()));
  /** When the next packet that arrives is a reason to request. */
  #askAtMs = Number.POSITIVE_INFINITY;

  /** The one of a transceiver, which all its readers share. Each reader that calls `join` must call `leave`. */
  static join(transceiver: RTCRtpTransceiver): Retransmission {
    let retransmission = known.get(transceiver);
    if (!retransmission) {
      retransmission = new Retransmission(transceiver);
      known.set(transceiver, retransmission);
    }
    retransmission.#users += 1;
    return retransmission;
  }

  private constructor(transceiver: RTCRtpTransceiver) {
    this.#transceiver = transceiver;
  }

  /** A packet arrived; each of the readers may report it. */
  received(header: RtpHeader): void {
    if (this.#transceiver.codecs !== this.#silenced?.codecs) this.#silence();
    // All readers of a track get the same object: the report of a second reader is not a second arrival.
    if (!this.#isNegotiated || header === this.#last) return;
    this.#last = header;
    const { ssrc, sequenceNumber } = header;
    let stream = this.#streams.get(ssrc);
    if (!stream) {
      stream = new LostPackets();
      this.#streams.set(ssrc, stream);
    }
    const isNext = stream.follows(sequenceNumber);
    if (isNext && this.#askAtMs === Number.POSITIVE_INFINITY) return;
    const nowMs = performance.now();
    const dueMs = isNext ? undefined : stream.received(sequenceNumber, nowMs);
    if (dueMs !== undefined) this.#timer.by(dueMs);
    if (nowMs >= this.#askAtMs) this.#ask(nowMs);
  }

  /** The last reader to leave returns the requests to werift. */
  leave(): void {
    this.#users -= 1;
    if (this.#users > 0) return;
    this.#timer.stop();
    this.#askAtMs = Number.POSITIVE_INFINITY;
    this.#streams.clear();
    this.#last = undefined;
    this.#silenced?.restore();
    this.#silenced = undefined;
    known.delete(this.#transceiver);
  }

  #silence(): void {
    this.#silenced?.restore();
    this.#isNegotiated = this.#transceiver.codecs.some(({ rtcpFeedback }) =>
      rtcpFeedback.some(({ type, parameter }) => type === "nack" && !parameter),
    );
    this.#silenced = silenceNack(this.#transceiver);
  }

  #ask(nowMs: number): void {
    this.#askAtMs = Number.POSITIVE_INFINITY;
    for (const [ssrc, stream] of this.#streams) {
      const lost = stream.due(nowMs);
      for (let at = 0; at < lost.length; at += maxPerNack) this.#send(ssrc, lost.slice(at, at + maxPerNack));
      const { nextMs, nextFirstMs = Number.POSITIVE_INFINITY } = stream;
      if (nextMs === undefined) continue;
      this.#askAtMs = Math.min(this.#askAtMs, nextMs);
      this.#timer.by(Math.min(nextFirstMs, Math.max(nextMs, nowMs + retryTimerMs)));
    }
  }

  #send(mediaSourceSsrc: number, lost: number[]): void {
    sendFeedback(
      this.#transceiver.receiver,
      (senderSsrc) =>
        new RtcpTransportLayerFeedback({ feedback: new GenericNack({ senderSsrc, mediaSourceSsrc, lost }) }),
    );
  }
}
