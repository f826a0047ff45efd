import type { Extensions, RTCRtpTransceiver, RtpPacket } from "werift";

/** What a `ForwardedTrack` reads from. */
export interface RtpSourceEvents {
  packet(packet: RtpPacket, extensions: Extensions | undefined): void;
  /** The packets that follow are of another RTP stream. */
  begin(): void;
}

/** The RTP of one section that a publisher sends. */
export interface RtpSource {
  /** Reads it until what is returned is called. */
  read(events: RtpSourceEvents): () => void;
  /** Asks the publisher for a key frame (PLI). */
  requestKeyFrame(): void;
}

/** A section with one RTP stream. */
export class PlainSource implements RtpSource {
  readonly #transceiver: RTCRtpTransceiver;

  constructor(transceiver: RTCRtpTransceiver) {
    this.#transceiver = transceiver;
  }

  read({ packet }: RtpSourceEvents): () => void {
    return this.#transceiver.receiver.track.onReceiveRtp.subscribe(packet).unSubscribe;
  }

  requestKeyFrame(): void {
    const { receiver } = this.#transceiver;
    if (receiver.track.ssrc !== undefined) receiver.sendRtcpPLI(receiver.track.ssrc).catch(() => {});
  }
}
