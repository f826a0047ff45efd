import { type CarrierStream, KeyFrameRequests, type RtpSeiReader } from "@inband/stream";
import { Pacer, PacketHistory, Retransmission, RtpSeiInserter, requestKeyFrame } from "@inband/werift";
import {
  type Extensions,
  type MediaStreamTrack,
  type RTCRtpTransceiver,
  RTP_EXTENSION_URI,
  RtpHeader,
  type RtpPacket,
} from "werift";
import { ForwardedPacket } from "./forwarded-packet.ts";
import type { ForwardingCounts } from "./forwarding-counts.ts";
import { beginsIdr, describesKeyFrame, spsOf } from "./key-frame-start.ts";
import { LayerRate } from "./layer-rate.ts";
import type { MessageReaders } from "./message-readers.ts";
import { SequenceWindow } from "./sequence-window.ts";

/** Most bytes of a header extension in the one-byte form (RFC 8285 4.2), the one that every peer takes. */
const maxExtensionBytes = 16;

/** Packets that wait for their millisecond; more would come from a publisher that sends 30 of them in each. */
const maxWaiting = 2048;

/** A layer has ceased when so many of its pictures are missing, within these times, in milliseconds: browsers that lack bitrate stop one. */
const missingPictures = 8;
const leastCeasedMs = 300;
const mostCeasedMs = 1000;

/** To whom the packets of a layer go. */
export interface LayerReceiver {
  /** Sends a packet; what it changes in the header it puts back. */
  take(packet: ForwardedPacket, nowMs: number): void;
}

/** Who waits for the key frame of a layer. */
export interface LayerWaiter {
  /** The next packet begins a key frame. */
  begin(layer: Layer, nowMs: number): void;
}

/** What a layer needs of its track. */
export interface LayerContext {
  readonly transceiver: RTCRtpTransceiver;
  readonly counts: ForwardingCounts;
  readonly readers: MessageReaders;
  /** Whether the section has other layers. */
  readonly isOneOfSeveral: boolean;
}

/**
 * One RTP stream of a section that a publisher sends: all of it, or one of its encodings (RFC 8853). Work that is the same
 * for all subscribers is done here, once: packets that come again are dropped, messages put in and read, and packets of a
 * large picture that come in a burst are spread, so that they do not overrun the receivers' sockets.
 */
export class Layer {
  /** Names it among the layers of its section; empty where there is one. */
  readonly id: string;
  readonly receivers: Set<LayerReceiver> = new Set();
  /** Those who go over to it with its next key frame. */
  readonly waiters: Set<LayerWaiter> = new Set();
  /** What left last. */
  readonly history: PacketHistory<ForwardedPacket> = new PacketHistory();
  readonly #context: LayerContext;
  readonly #track: MediaStreamTrack;
  readonly #window = new SequenceWindow();
  readonly #pacer = new Pacer<ForwardedPacket>((packet) => this.#leave(packet), { maxWaiting });
  readonly #keyFrameRequests = new KeyFrameRequests(() => this.#requestKeyFrame());
  readonly #unsubscribe: () => void;
  /** werift counts the numbers of all layers as those of one stream, and requests what was never sent. */
  readonly #retransmission: Retransmission | undefined;
  readonly #bits = new LayerRate();
  readonly #pictures = new LayerRate();
  readonly #packets = new LayerRate();
  readonly #numbers = new LayerRate();
  #inserter: RtpSeiInserter | undefined;
  /** Of the packet that came last. */
  #last: RtpHeader | undefined;
  #failed: (error: unknown) => void = () => {};
  #reader: RtpSeiReader | undefined;
  #ssrc: number | undefined;
  #lastAtMs = Number.NEGATIVE_INFINITY;
  #bitCount = 0;
  #pictureCount = 0;
  #packetCount = 0;
  #size = { width: 0, height: 0 };
  /** A structure that was left out once makes all descriptors after it unreadable. */
  #forwardsDescriptors = true;

  constructor(track: MediaStreamTrack, context: LayerContext) {
    this.#track = track;
    this.#context = context;
    this.id = track.rid ?? "";
    this.#retransmission = track.kind === "video" ? Retransmission.join(context.transceiver) : undefined;
    this.#unsubscribe = track.onReceiveRtp.subscribe((packet, extensions) =>
      this.#take(packet, extensions),
    ).unSubscribe;
  }

  get isVideo(): boolean {
    return this.#track.kind === "video";
  }

  /** Of its last sequence parameter set; 0 before one, and where it is the only layer. */
  get width(): number {
    return this.#size.width;
  }

  get height(): number {
    return this.#size.height;
  }

  get pixels(): number {
    return this.#size.width * this.#size.height;
  }

  get bitsPerSecond(): number {
    return this.#bits.steady;
  }

  get picturesPerSecond(): number {
    return this.#pictures.steady;
  }

  /** Share of its packets that did not reach the stage: its subscribers report them as lost, too. */
  get missing(): number {
    return this.#numbers.value > 0 ? Math.max(0, 1 - this.#packets.value / this.#numbers.value) : 0;
  }

  /** Whether it is being sent. */
  isActive(nowMs: number): boolean {
    const pictureMs = 1000 / this.#pictures.value;
    const ceasedAfterMs = Math.min(mostCeasedMs, Math.max(leastCeasedMs, missingPictures * pictureMs));
    return nowMs - this.#lastAtMs < ceasedAfterMs;
  }

  /** Measures how much comes; to be called now and then. */
  measure(nowMs: number): void {
    // Its numbers begin anywhere: a rate from none to the first one would say that nearly all are missing.
    if (this.#window.highest < 0) return;
    this.#bits.measure(this.#bitCount, nowMs);
    this.#pictures.measure(this.#pictureCount, nowMs);
    this.#packets.measure(this.#packetCount, nowMs);
    this.#numbers.measure(this.#window.highest, nowMs);
  }

  /** Asks the publisher for a key frame (PLI); what others have asked for within a moment answers it too. */
  requestKeyFrame(): void {
    if (this.isVideo) this.#keyFrameRequests.request();
  }

  /** Puts messages into it from now on. `failed`: told what goes wrong with them; the packet at hand is lost. */
  carry(stream: CarrierStream, failed: (error: unknown) => void): void {
    this.#failed = (error) => {
      stream.rollback();
      failed(error);
    };
    this.#inserter = new RtpSeiInserter({
      stream,
      behind: this.#last,
      send: (header, sequenceNumber, marker, payload, descriptor) =>
        this.#pass(header, sequenceNumber, marker, payload, descriptor),
    });
  }

  /** Ends it. What waits leaves at once. */
  close(): void {
    this.#unsubscribe();
    this.#retransmission?.leave();
    this.#pacer.flush();
    this.#keyFrameRequests.clear();
    this.receivers.clear();
    this.waiters.clear();
  }

  #take(packet: RtpPacket, extensions: Extensions | undefined): void {
    const { header, payload } = packet;
    this.#retransmission?.received(header);
    if (!this.#window.isNew(header.sequenceNumber)) return;
    this.#context.counts.receivedPackets += 1;
    this.#ssrc = header.ssrc;
    this.#last = header;
    if (this.#context.isOneOfSeveral) this.#observe(header, payload);
    const descriptor = this.#descriptorIn(extensions);
    if (this.#inserter) this.#insert(this.#inserter, packet, descriptor);
    else this.#pass(header, header.sequenceNumber, header.marker, payload, descriptor);
  }

  #insert(inserter: RtpSeiInserter, packet: RtpPacket, descriptor: Buffer | undefined): void {
    try {
      inserter.write(packet, descriptor);
    } catch (error) {
      this.#context.counts.droppedPackets += 1;
      this.#failed(error);
    }
  }

  /** What the choice among several layers goes by. */
  #observe({ marker }: RtpHeader, payload: Buffer): void {
    this.#lastAtMs = performance.now();
    this.#bitCount += 8 * payload.length;
    this.#packetCount += 1;
    if (marker) this.#pictureCount += 1;
    this.#size = spsOf(payload) ?? this.#size;
  }

  #descriptorIn(extensions: Extensions | undefined): Buffer | undefined {
    const descriptor: unknown = extensions?.[RTP_EXTENSION_URI.dependencyDescriptor];
    if (!Buffer.isBuffer(descriptor)) return undefined;
    if (descriptor.length === 0 || descriptor.length > maxExtensionBytes) this.#forwardsDescriptors = false;
    return this.#forwardsDescriptors ? descriptor : undefined;
  }

  /**
   * A packet of padding alone goes on as an empty one: its sequence number must not be missing. The header is made anew
   * because werift would keep the publisher's extensions, whose ids mean other things to the subscriber, and its padding
   * bit without the padding.
   */
  #pass(
    { timestamp }: RtpHeader,
    sequenceNumber: number,
    marker: boolean,
    payload: Buffer,
    descriptor: Buffer | undefined,
  ): void {
    const packet = new ForwardedPacket(new RtpHeader({ sequenceNumber, timestamp, marker }), payload, descriptor);
    if (!this.#pacer.add(packet)) this.#context.counts.droppedPackets += 1;
  }

  #leave(packet: ForwardedPacket): void {
    const nowMs = performance.now();
    if (this.isVideo) this.history.add(packet.header.sequenceNumber, packet);
    if (this.waiters.size > 0 && this.#beginsKeyFrame(packet)) {
      for (const waiter of [...this.waiters]) waiter.begin(this, nowMs);
    }
    for (const receiver of this.receivers) receiver.take(packet, nowMs);
    if (packet.payload.length > 0 && !this.#context.readers.isEmpty) this.#read(packet);
  }

  #beginsKeyFrame({ payload, descriptor }: ForwardedPacket): boolean {
    if (descriptor && describesKeyFrame(descriptor)) return true;
    return spsOf(payload) !== undefined || (!this.#context.isOneOfSeveral && beginsIdr(payload));
  }

  #read({ header, payload }: ForwardedPacket): void {
    this.#reader ??= this.#context.readers.readerOf(this.id || this.#track.kind);
    this.#reader.read(header.sequenceNumber, header.timestamp, payload);
  }

  #requestKeyFrame(): void {
    if (this.#ssrc === undefined) this.#ssrc = this.#track.ssrc;
    if (this.#ssrc === undefined) return;
    this.#context.counts.keyFrameRequests += 1;
    requestKeyFrame(this.#context.transceiver, this.#ssrc);
  }
}
