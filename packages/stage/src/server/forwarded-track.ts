import {
  type Extensions,
  MediaStreamTrack,
  type RTCRtpTransceiver,
  RTP_EXTENSION_URI,
  RtpHeader,
  RtpPacket,
} from "werift";
import { SequenceWindow } from "./sequence-window.ts";

/** Most bytes of a header extension in the one-byte form (RFC 8285 4.2), the one that every peer takes. */
const maxExtensionBytes = 16;

const { dependencyDescriptor } = RTP_EXTENSION_URI;
const noExtensions: { id: number; payload: Buffer }[] = [];

/** A sender and the id under which its subscriber takes the Dependency Descriptor. */
interface Outgoing {
  readonly transceiver: RTCRtpTransceiver;
  readonly descriptorId: number | undefined;
}

/**
 * The RTP of one incoming track, passed on to any number of senders: payload, timestamp, marker and sequence number as
 * they came, so SEI stays byte-exact. Each sender puts in its own SSRC, payload type and header extensions; of the
 * publisher's extensions the Dependency Descriptor goes on, to those who agreed on it, since the frame numbers in it hold
 * for the forwarded packets too.
 */
export class ForwardedTrack {
  readonly kind: "audio" | "video";
  /** What stands in the subscribers' sections; the packets go to their senders one by one. */
  readonly track: MediaStreamTrack;
  readonly #source: RTCRtpTransceiver;
  readonly #window = new SequenceWindow();
  readonly #outgoing = new Set<Outgoing>();
  readonly #unsubscribe: () => void;
  /** A structure that was left out once makes all descriptors after it unreadable. */
  #forwardsDescriptors = true;

  constructor(source: RTCRtpTransceiver) {
    this.#source = source;
    this.kind = source.kind === "audio" ? "audio" : "video";
    this.track = new MediaStreamTrack({ kind: this.kind });
    this.#unsubscribe = source.receiver.track.onReceiveRtp.subscribe((packet, extensions) =>
      this.#forward(packet, extensions),
    ).unSubscribe;
  }

  /** Forwards to the sender of a transceiver whose remote description is set. Returns what ends it. */
  forwardTo(transceiver: RTCRtpTransceiver): () => void {
    transceiver.sender.replaceTrack(this.track).catch(() => {});
    const descriptorId = transceiver.headerExtensions.find(({ uri }) => uri === dependencyDescriptor)?.id;
    const outgoing: Outgoing = { transceiver, descriptorId };
    this.#outgoing.add(outgoing);
    return () => this.#outgoing.delete(outgoing);
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
    this.#outgoing.clear();
    this.track.stop();
  }

  /**
   * A packet of padding alone goes on as an empty one: its sequence number must not be missing. The header is made
   * anew because werift would keep the publisher's extensions, whose ids mean other things to the subscriber, and its
   * padding bit without the padding.
   */
  #forward({ header, payload }: RtpPacket, extensions?: Extensions): void {
    if (!this.#window.isNew(header.sequenceNumber)) return;
    const { sequenceNumber, timestamp, marker } = header;
    const packet = new RtpPacket(new RtpHeader({ sequenceNumber, timestamp, marker }), payload);
    const descriptor = this.#descriptor(extensions);
    for (const { transceiver, descriptorId } of this.#outgoing) {
      packet.header.extensions =
        descriptor && descriptorId !== undefined ? [{ id: descriptorId, payload: descriptor }] : noExtensions;
      transceiver.sender.sendRtp(packet).catch(() => {});
    }
  }

  #descriptor(extensions: Extensions | undefined): Buffer | undefined {
    const descriptor: unknown = extensions?.[dependencyDescriptor];
    if (!Buffer.isBuffer(descriptor)) return undefined;
    if (descriptor.length === 0 || descriptor.length > maxExtensionBytes) this.#forwardsDescriptors = false;
    return this.#forwardsDescriptors ? descriptor : undefined;
  }
}
