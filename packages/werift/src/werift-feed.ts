import { checkOptions, RtpSeiReader, type SeiFeed, type SeiSink } from "@inband/stream";
import { kindOf } from "@inband/wire";
import type { MediaStreamTrack, RTCRtpTransceiver, RtpPacket } from "werift";
import { requestKeyFrame } from "./request-key-frame.ts";
import { Retransmission } from "./retransmission.ts";
import { TransportWatch } from "./transport-watch.ts";

/** Options of {@link weriftFeed}. */
export interface WeriftFeedOptions {
  /**
   * Whether the feed requests lost packets (NACK, if the peers agreed on it) in place of werift, which does not know the
   * round trip. While the feed is open, `receiver.sendRtcpPLI` is silent then: use `requestKeyFrame`.
   *
   * @defaultValue true
   */
  readonly nack?: boolean;
}

const optionNames: ReadonlySet<string> = new Set(["nack"] satisfies (keyof WeriftFeedOptions)[]);

/**
 * The messages in the video that a werift transceiver receives. Attach it at any time, before the negotiation too; each
 * simulcast layer is a stream.
 *
 * SEI is read directly from the RTP payloads as they arrive: a message does not wait for the rest of its access unit, for
 * lost packets or for a key frame. Packets are not changed, so other readers of the track see them as they arrived. Lost
 * packets are requested again, each no sooner than the round trip allows.
 *
 * A connection that fails or is closed is an `ended`, one that is interrupted a `stalled`. werift passes on no RTCP BYE:
 * video that stops on a connection that stays is a `stalled`.
 *
 * @throws TypeError if the transceiver has audio.
 */
export function weriftFeed(transceiver: RTCRtpTransceiver, options: WeriftFeedOptions = {}): SeiFeed {
  if (transceiver?.kind !== "video") {
    throw new TypeError(`transceiver: expected one of video, got ${transceiver?.kind ?? kindOf(transceiver)}`);
  }
  checkOptions(options, optionNames);
  if (options.nack !== undefined && typeof options.nack !== "boolean") {
    throw new TypeError(`nack: expected a boolean, got ${kindOf(options.nack)}`);
  }
  return {
    name: "werift",
    open(sink) {
      const retransmission = options.nack === false ? undefined : Retransmission.join(transceiver);
      const transport = new TransportWatch(transceiver, sink);
      let isOpen = true;
      const readers = new Map<MediaStreamTrack, TrackReader>();
      const read = (track: MediaStreamTrack): void => {
        if (!readers.has(track))
          readers.set(track, new TrackReader(transceiver, track, sink, retransmission, transport));
      };
      const { unSubscribe } = transceiver.onTrack.subscribe(read);
      for (const track of transceiver.receiver.tracks) read(track);
      return {
        [Symbol.dispose]() {
          if (!isOpen) return;
          isOpen = false;
          unSubscribe();
          transport[Symbol.dispose]();
          retransmission?.leave();
          for (const reader of readers.values()) reader[Symbol.dispose]();
          readers.clear();
        },
      };
    },
  };
}

/** Reads one track: one SSRC, or one simulcast layer. */
class TrackReader implements Disposable {
  readonly #transceiver: RTCRtpTransceiver;
  readonly #track: MediaStreamTrack;
  readonly #sink: SeiSink;
  readonly #retransmission: Retransmission | undefined;
  readonly #transport: TransportWatch;
  readonly #unsubscribe: () => void;
  #reader: RtpSeiReader | undefined;
  #ssrc = -1;
  #payloadType = -1;
  #codecs: RTCRtpTransceiver["codecs"] | undefined;
  #codec: MediaStreamTrack["codec"];
  #isRead = false;
  /** The codec that was reported last. */
  #refused: string | undefined;

  constructor(
    transceiver: RTCRtpTransceiver,
    track: MediaStreamTrack,
    sink: SeiSink,
    retransmission: Retransmission | undefined,
    transport: TransportWatch,
  ) {
    this.#transport = transport;
    this.#retransmission = retransmission;
    this.#transceiver = transceiver;
    this.#track = track;
    this.#sink = sink;
    this.#unsubscribe = track.onReceiveRtp.subscribe((packet) => {
      try {
        this.#read(packet);
      } catch (error) {
        sink.failed(error instanceof Error ? error : new Error(String(error)));
      }
    }).unSubscribe;
  }

  [Symbol.dispose](): void {
    this.#unsubscribe();
  }

  #read({ header, payload }: RtpPacket): void {
    // Padding has sequence numbers too.
    this.#retransmission?.received(header);
    // Padding alone; null where another reader has cleared the packet.
    if (!payload?.length) return;
    if (!this.#isH264(header.payloadType)) return;
    if (header.ssrc !== this.#ssrc) this.#begin(header.ssrc);
    this.#reader?.read(header.sequenceNumber, header.timestamp, payload);
  }

  /** By payload type, as several codecs may be agreed on; a renegotiation may change its meaning. */
  #isH264(payloadType: number): boolean {
    const { codecs } = this.#transceiver;
    if (payloadType === this.#payloadType && codecs === this.#codecs && this.#track.codec === this.#codec) {
      return this.#isRead;
    }
    this.#payloadType = payloadType;
    this.#codecs = codecs;
    this.#codec = this.#track.codec;
    const { mimeType } = codecs?.find((codec) => codec.payloadType === payloadType) ?? this.#codec ?? {};
    const name = mimeType?.toLowerCase() ?? "video/h264";
    this.#isRead = name === "video/h264";
    // Repair packets accompany the video, whatever its codec.
    if (this.#isRead || /rtx|red|fec/.test(name) || name === this.#refused) return this.#isRead;
    this.#refused = name;
    this.#sink.failed(new Error(`transceiver: expected H.264, got ${mimeType}`));
    return false;
  }

  #begin(ssrc: number): void {
    this.#ssrc = ssrc;
    this.#transport.watch();
    this.#reader = new RtpSeiReader(String(ssrc), this.#sink);
    // Retained messages, and copies that wait for a key frame, arrive with it.
    requestKeyFrame(this.#transceiver, ssrc);
  }
}
