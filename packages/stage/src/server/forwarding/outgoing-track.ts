import { videoClockRate } from "@inband/rtp";
import { OlderNacks, onKeyFrameRequest, type RepeatablePacket } from "@inband/werift";
import { type Extension, type RTCRtpTransceiver, RTP_EXTENSION_URI, type RtcpPacket, RtcpRrPacket } from "werift";
import type { ForwardedPacket } from "./forwarded-packet.ts";
import type { ForwardingCounts } from "./forwarding-counts.ts";
import { LateReceiver } from "./late-receiver.ts";
import type { Layer, LayerReceiver, LayerWaiter } from "./layer.ts";
import { largestWithin } from "./layer-sizes.ts";
import { LayerSteps } from "./layer-steps.ts";
import { Splice, shiftedDescriptor } from "./splice.ts";

/** RFC 7587 4.1. */
const opusClockRate = 48_000;

const noExtensions: Extension[] = [];
const noLayers: readonly Layer[] = [];

/** With which layer a subscriber begins, before its link shows what it carries. */
export type InitialLayer = "lowest" | "highest";

/** A layer as a subscriber is told of it. */
export interface LayerDescription {
  readonly encodingId: string;
  /** In kbit/s. */
  readonly bitrate: number;
  readonly width: number;
  readonly height: number;
  readonly framesPerSecond: number;
  /** Whether the subscriber gets it. */
  readonly selected: boolean;
}

/** What an `OutgoingTrack` begins with. */
export interface OutgoingTrackOptions {
  readonly transceiver: RTCRtpTransceiver;
  readonly counts: ForwardingCounts;
  readonly initialLayer: InitialLayer;
  /** Called at the end. */
  closed(): void;
}

/**
 * One section of a subscriber: what goes to it of a track, as one stream whatever layer it is taken from. Another layer
 * begins with its key frame; until then the one before goes on, and what was lost of that may still come.
 */
export class OutgoingTrack implements LayerReceiver, LayerWaiter {
  readonly #transceiver: RTCRtpTransceiver;
  readonly #counts: ForwardingCounts;
  readonly #splice: Splice;
  /** Under which id the subscriber takes the Dependency Descriptor. */
  readonly #descriptorId: number | undefined;
  readonly #steps: LayerSteps;
  readonly #nacks: OlderNacks | undefined;
  readonly #unsubscribe: (() => void)[] = [];
  #layers: readonly Layer[] = [];
  #layer: Layer | undefined;
  /** Those whose next key frame it begins with. */
  #awaited: readonly Layer[] = noLayers;
  #late: LateReceiver | undefined;
  /** The layer that the subscriber has chosen itself. */
  #chosen: string | undefined;
  #isPaused = false;
  /** Whether anything but padding has been sent to a connected subscriber. */
  #hasBegun = false;
  #isConnected = false;

  /** `transceiver`: one whose remote description is set. */
  constructor({ transceiver, counts, initialLayer, closed }: OutgoingTrackOptions) {
    this.#transceiver = transceiver;
    this.#counts = counts;
    this.#unsubscribe.push(closed);
    this.#splice = new Splice(transceiver.kind === "audio" ? opusClockRate : videoClockRate);
    this.#descriptorId = transceiver.headerExtensions.find(
      ({ uri }) => uri === RTP_EXTENSION_URI.dependencyDescriptor,
    )?.id;
    this.#steps = new LayerSteps(initialLayer === "lowest", performance.now());
    if (transceiver.kind === "video") {
      this.#nacks = new OlderNacks(transceiver, {
        find: (sequenceNumber) => this.#repeatable(sequenceNumber),
        repeated: () => {
          counts.repeatedPackets += 1;
        },
      });
    }
  }

  /** Names its section in the session. */
  get mid(): string | undefined {
    return this.#transceiver.mid ?? undefined;
  }

  get isVideo(): boolean {
    return this.#transceiver.kind === "video";
  }

  /** To be called when the connection stands, each time. */
  connected(): void {
    if (!this.#isConnected && this.isVideo) {
      const { sender } = this.#transceiver;
      this.#unsubscribe.push(
        onKeyFrameRequest(sender, () => this.#requestKeyFrame()),
        sender.onRtcp.subscribe((packet) => this.#readReport(packet)).unSubscribe,
      );
    }
    this.#isConnected = true;
    this.#requestKeyFrame();
  }

  /** Takes the layers that there are from now on; none where the publisher is gone for the moment. */
  follow(layers: readonly Layer[]): void {
    this.#leave();
    this.#layers = layers;
    if (!this.#isPaused) this.#join(true);
  }

  /** The layers to choose among; none where there is but one. */
  describeLayers(): LayerDescription[] {
    return this.#activeLayers(performance.now()).map((layer) => ({
      encodingId: layer.id,
      bitrate: Math.round(layer.bitsPerSecond / 1000),
      width: layer.width,
      height: layer.height,
      framesPerSecond: layer.picturesPerSecond,
      selected: layer === this.#layer,
    }));
  }

  /**
   * Chooses a layer for as long as it is sent, or with undefined leaves the choice to the stage.
   *
   * @returns Whether there is such a layer.
   */
  choose(encodingId: string | undefined): boolean {
    if (encodingId !== undefined && !this.#layers.some(({ id }) => id === encodingId)) return false;
    this.#chosen = encodingId;
    this.adapt(performance.now());
    return true;
  }

  /** Sends nothing until `play`. */
  pause(): void {
    this.#isPaused = true;
    this.#leave();
  }

  /** Goes on after `pause`, video with a key frame. */
  play(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#join(!this.isVideo);
    this.#requestKeyFrame();
  }

  /** Goes over to another layer where there is reason to; to be called now and then where there are several. */
  adapt(nowMs: number): void {
    if (this.#isPaused) return;
    const wanted = this.#wantedOf(this.#activeLayers(nowMs), nowMs);
    if (!wanted) return;
    this.#await(wanted === this.#layer ? [] : [wanted]);
    if (wanted !== this.#layer) wanted.requestKeyFrame();
  }

  begin(layer: Layer, nowMs: number): void {
    const before = this.#layer;
    const { offsets, highestInSource } = this.#splice;
    this.#leave();
    if (before && highestInSource !== undefined) {
      this.#late = new LateReceiver(before, highestInSource, offsets, nowMs, (packet, descriptor) =>
        this.#send(packet, descriptor),
      );
    }
    this.#layer = layer;
    layer.receivers.add(this);
    this.#splice.begin();
  }

  take(packet: ForwardedPacket, nowMs: number): void {
    const { header, descriptor } = packet;
    // Senders probe the link with packets of padding alone. aiortc takes them for the first picture, and its decoder, given
    // nothing to decode, for the end.
    if (!this.#hasBegun && packet.payload.length === 0) return;
    this.#hasBegun = this.#isConnected;
    const { sequenceNumber, timestamp } = header;
    if (this.#splice.renumber(header, nowMs)) {
      const isTaken = descriptor && this.#descriptorId !== undefined;
      this.#send(packet, isTaken ? this.#splice.descriptor(descriptor) : undefined);
    }
    header.sequenceNumber = sequenceNumber;
    header.timestamp = timestamp;
  }

  close(): void {
    this.#leave();
    for (const unsubscribe of this.#unsubscribe.splice(0)) unsubscribe();
    this.#nacks?.close();
  }

  #send(packet: ForwardedPacket, descriptor: Buffer | undefined): void {
    const { header } = packet;
    const id = this.#descriptorId;
    header.extensions = descriptor && id !== undefined ? [{ id, payload: descriptor }] : noExtensions;
    this.#counts.sentPackets += 1;
    this.#counts.sentBytes += packet.payload.length;
    this.#transceiver.sender.sendRtp(packet).catch(() => {});
    this.#nacks?.left(header.sequenceNumber);
  }

  #leave(): void {
    this.#await([]);
    this.#layer?.receivers.delete(this);
    this.#layer = undefined;
    this.#late?.close();
    this.#late = undefined;
  }

  /** Begins with a layer, at once or with its key frame; with whichever comes first where none is sent yet. */
  #join(isAtOnce: boolean): void {
    const nowMs = performance.now();
    const [only] = this.#layers.length === 1 ? this.#layers : [];
    const wanted = only ?? this.#wantedOf(this.#activeLayers(nowMs), nowMs);
    if (wanted && isAtOnce) this.begin(wanted, nowMs);
    else this.#await(wanted ? [wanted] : this.#layers);
  }

  #await(layers: readonly Layer[]): void {
    for (const layer of this.#awaited) layer.waiters.delete(this);
    this.#awaited = layers;
    for (const layer of layers) layer.waiters.add(this);
  }

  #activeLayers(nowMs: number): readonly Layer[] {
    if (this.#layers.length < 2) return noLayers;
    return this.#layers.filter((layer) => layer.pixels > 0 && layer.isActive(nowMs));
  }

  #wantedOf(active: readonly Layer[], nowMs: number): Layer | undefined {
    const chosen = this.#layers.find(({ id }) => id === this.#chosen);
    if (chosen) return active.includes(chosen) ? chosen : largestWithin(active, chosen.pixels);
    const current = this.#layer;
    if (current && this.#awaited.length === 0 && active.includes(current)) {
      this.#steps.step(
        active.map(({ pixels }) => pixels),
        current.pixels,
        nowMs,
      );
    }
    return largestWithin(active, this.#steps.maxPixels);
  }

  #requestKeyFrame(): void {
    for (const layer of this.#layer ? [this.#layer] : this.#awaited) layer.requestKeyFrame();
  }

  #readReport(packet: RtcpPacket): void {
    if (this.#layers.length < 2 || !(packet instanceof RtcpRrPacket)) return;
    const { ssrc } = this.#transceiver.sender;
    for (const report of packet.reports) {
      if (report.ssrc !== ssrc) continue;
      this.#steps.report(report.fractionLost / 256 - (this.#layer?.missing ?? 0), performance.now());
    }
  }

  #repeatable(sequenceNumber: number): RepeatablePacket | undefined {
    const number = this.#splice.numberInSource(sequenceNumber);
    const packet = number === undefined ? undefined : this.#layer?.history.get(number);
    if (!packet) return undefined;
    const { offsets } = this.#splice;
    const { header, payload, descriptor } = packet;
    const id = this.#descriptorId;
    return {
      timestamp: (header.timestamp + offsets.timestamp) >>> 0,
      marker: header.marker,
      payload,
      ...(descriptor && id !== undefined && { descriptor: { id, payload: shiftedDescriptor(descriptor, offsets) } }),
    };
  }
}
