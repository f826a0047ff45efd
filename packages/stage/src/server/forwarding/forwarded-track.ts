import { videoClockRate } from "@inband/rtp";
import { RtpSeiReader, type SeiCarrier, type SeiSink } from "@inband/stream";
import { type WeriftInjector, weriftInjector } from "@inband/werift";
import {
  type Extensions,
  MediaStreamTrack,
  type RTCRtpTransceiver,
  RTP_EXTENSION_URI,
  RtpHeader,
  RtpPacket,
} from "werift";
import type { ForwardingCounts } from "./forwarding-counts.ts";
import { LayeredSource } from "./layered-source.ts";
import { PlainSource, type RtpSource } from "./rtp-source.ts";
import { SequenceWindow } from "./sequence-window.ts";
import { Splice } from "./splice.ts";

/** Most bytes of a header extension in the one-byte form (RFC 8285 4.2), the one that every peer takes. */
const maxExtensionBytes = 16;

/** RFC 7587 4.1. */
const opusClockRate = 48_000;

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
 *
 * Where a publisher comes back on another connection, or another simulcast layer takes over, its packets go on as one
 * stream with those before.
 */
export class ForwardedTrack {
  readonly kind: "audio" | "video";
  /** What stands in the subscribers' sections; the packets go to their senders one by one. */
  readonly track: MediaStreamTrack;
  readonly #outgoing = new Set<Outgoing>();
  readonly #readers = new Set<RtpSeiReader>();
  readonly #splice: Splice;
  readonly #counts: ForwardingCounts;
  #source: RtpSource | undefined;
  #window = new SequenceWindow();
  #unsubscribe: (() => void) | undefined;
  #injector: WeriftInjector | undefined;
  /** A structure that was left out once makes all descriptors after it unreadable. */
  #forwardsDescriptors = true;

  constructor(source: RTCRtpTransceiver, counts: ForwardingCounts) {
    this.#counts = counts;
    this.kind = source.kind === "audio" ? "audio" : "video";
    this.track = new MediaStreamTrack({ kind: this.kind });
    this.#splice = new Splice(this.kind === "audio" ? opusClockRate : videoClockRate);
    this.takeOver(source);
  }

  /** Whether a publisher sends it. */
  get hasSource(): boolean {
    return this.#source !== undefined;
  }

  /** Forwards another source from now on. */
  takeOver(source: RTCRtpTransceiver): void {
    this.leave();
    this.#source = source.receiver.tracks.length > 1 ? new LayeredSource(source) : new PlainSource(source);
    this.#begin();
    this.#unsubscribe = this.#source.read({
      packet: (packet, extensions) => this.#forward(packet, extensions),
      begin: () => this.#begin(),
    });
  }

  #begin(): void {
    this.#splice.begin();
    this.#window = new SequenceWindow();
    this.#forwardsDescriptors = true;
  }

  /** Forwards nothing until the next `takeOver`. */
  leave(): void {
    this.#unsubscribe?.();
    this.#unsubscribe = undefined;
    this.#source = undefined;
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
    if (this.kind !== "video" || !this.#source) return;
    this.#counts.keyFrameRequests += 1;
    this.#source.requestKeyFrame();
  }

  /** Hands a sink the messages in what goes on, ours included, until what is returned is called. */
  readMessages(sink: SeiSink): () => void {
    const reader = new RtpSeiReader(this.kind, sink);
    this.#readers.add(reader);
    return () => this.#readers.delete(reader);
  }

  /**
   * What puts messages into this video from now on. The first call costs the Dependency Descriptors, whose numbers know
   * nothing of packets that are put in between, and a key frame, at which browsers go on without them.
   */
  injector(): SeiCarrier {
    if (!this.#injector) {
      const injected = new MediaStreamTrack({ kind: "video" });
      injected.onReceiveRtp.subscribe((packet) => this.#send(packet, undefined));
      this.#injector = weriftInjector(injected, { name: "stage" });
      this.requestKeyFrame();
    }
    return this.#injector;
  }

  close(): void {
    this.leave();
    this.#injector?.close();
    this.#readers.clear();
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
    const numbers = this.#splice.next(header);
    if (!numbers) return;
    this.#counts.receivedPackets += 1;
    const packet = new RtpPacket(new RtpHeader({ ...numbers, marker: header.marker }), payload);
    if (this.#injector) this.#injector.write(packet);
    else this.#send(packet, this.#descriptor(extensions));
  }

  #send(packet: RtpPacket, descriptor: Buffer | undefined): void {
    this.#counts.sentPackets += this.#outgoing.size;
    this.#counts.sentBytes += this.#outgoing.size * packet.payload.length;
    for (const { transceiver, descriptorId } of this.#outgoing) {
      packet.header.extensions =
        descriptor && descriptorId !== undefined ? [{ id: descriptorId, payload: descriptor }] : noExtensions;
      transceiver.sender.sendRtp(packet).catch(() => {});
    }
    const { sequenceNumber, timestamp } = packet.header;
    if (packet.payload.length === 0) return;
    for (const reader of this.#readers) reader.read(sequenceNumber, timestamp, packet.payload);
  }

  #descriptor(extensions: Extensions | undefined): Buffer | undefined {
    const descriptor: unknown = extensions?.[dependencyDescriptor];
    if (!Buffer.isBuffer(descriptor)) return undefined;
    if (descriptor.length === 0 || descriptor.length > maxExtensionBytes) this.#forwardsDescriptors = false;
    return this.#forwardsDescriptors ? this.#splice.descriptor(descriptor) : undefined;
  }
}
