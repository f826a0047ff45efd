import { MediaStreamTrack, type RTCRtpTransceiver, RtpHeader, RtpPacket } from "werift";
import { SequenceWindow } from "./sequence-window.ts";

/**
 * The RTP of one incoming track, passed on to any number of senders: payload, timestamp, marker and sequence number as
 * they came, so SEI stays byte-exact. Each sender puts in its own SSRC, payload type and header extensions.
 */
export class ForwardedTrack {
  readonly kind: "audio" | "video";
  /** What the subscribers' connections send. */
  readonly track: MediaStreamTrack;
  readonly #source: RTCRtpTransceiver;
  readonly #window = new SequenceWindow();
  readonly #unsubscribe: () => void;

  constructor(source: RTCRtpTransceiver) {
    this.#source = source;
    this.kind = source.kind === "audio" ? "audio" : "video";
    this.track = new MediaStreamTrack({ kind: this.kind });
    this.#unsubscribe = source.receiver.track.onReceiveRtp.subscribe((packet) => this.#forward(packet)).unSubscribe;
  }

  /** Asks the publisher for a key frame (PLI). */
  requestKeyFrame(): void {
    const { receiver } = this.#source;
    if (this.kind === "video" && receiver.track.ssrc !== undefined) {
      receiver.sendRtcpPLI(receiver.track.ssrc).catch(() => {});
    }
  }

  close(): void {
    this.#unsubscribe();
    this.track.stop();
  }

  /**
   * A packet of padding alone goes on as an empty one: its sequence number must not be missing. The header is made
   * anew because werift would keep the publisher's extensions, whose ids mean other things to the subscriber, and its
   * padding bit without the padding.
   */
  #forward({ header, payload }: RtpPacket): void {
    if (!this.#window.isNew(header.sequenceNumber)) return;
    const { sequenceNumber, timestamp, marker } = header;
    this.track.writeRtp(new RtpPacket(new RtpHeader({ sequenceNumber, timestamp, marker }), payload));
  }
}
