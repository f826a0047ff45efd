import { CarrierPublishers, defaultCarrierLimits, type SeiCarrier, type SeiSink, WakeTimer } from "@inband/stream";
import { MediaStreamTrack, type RTCRtpTransceiver } from "werift";
import type { ForwardingCounts } from "./forwarding-counts.ts";
import { Layer } from "./layer.ts";
import { MessageReaders } from "./message-readers.ts";
import { type InitialLayer, OutgoingTrack } from "./outgoing-track.ts";

/** How often it is looked at which layers are sent and who should get which, in milliseconds. */
const adaptEveryMs = 250;

/** A look that is later than this, in milliseconds, finds packets that have come and are not read: no layer has ceased. */
const lateMs = 100;

/**
 * What a publisher sends on one section, passed on to any number of subscribers: payload, timestamp, marker and sequence
 * number as they came, so SEI stays byte-exact. Each sender puts in its own SSRC, payload type and header extensions; of
 * the publisher's extensions the Dependency Descriptor goes on, to those who agreed on it, since the frame numbers in it
 * hold for the forwarded packets too.
 *
 * Where a publisher comes back on another connection, or a subscriber gets another simulcast layer, the packets go on as
 * one stream with those before.
 */
export class ForwardedTrack {
  readonly kind: "audio" | "video";
  /** What stands in the subscribers' sections; the packets go to their senders one by one. */
  readonly track: MediaStreamTrack;
  readonly #counts: ForwardingCounts;
  readonly #outgoing = new Set<OutgoingTrack>();
  readonly #readers = new MessageReaders();
  readonly #timer = new WakeTimer(() => this.#adapt());
  #layers: readonly Layer[] = [];
  #adaptAtMs = 0;
  #publishers: CarrierPublishers | undefined;

  constructor(source: RTCRtpTransceiver, counts: ForwardingCounts) {
    this.#counts = counts;
    this.kind = source.kind === "audio" ? "audio" : "video";
    this.track = new MediaStreamTrack({ kind: this.kind });
    this.takeOver(source);
  }

  /** Whether a publisher sends it. */
  get hasSource(): boolean {
    return this.#layers.length > 0;
  }

  /** Forwards another source from now on. */
  takeOver(source: RTCRtpTransceiver): void {
    this.leave();
    const { tracks } = source.receiver;
    const context = {
      transceiver: source,
      counts: this.#counts,
      readers: this.#readers,
      isOneOfSeveral: tracks.length > 1,
    };
    this.#layers = tracks.map((track) => new Layer(track, context));
    for (const layer of this.#layers) this.#carry(layer);
    for (const outgoing of this.#outgoing) outgoing.follow(this.#layers);
    if (context.isOneOfSeveral) this.#adaptLater();
  }

  /** Forwards nothing until the next `takeOver`. */
  leave(): void {
    this.#timer.stop();
    for (const layer of this.#layers) layer.close();
    this.#layers = [];
    for (const outgoing of this.#outgoing) outgoing.follow(this.#layers);
  }

  /** Forwards to the sender of a transceiver whose remote description is set, until what is returned is closed. */
  forwardTo(transceiver: RTCRtpTransceiver, initialLayer: InitialLayer): OutgoingTrack {
    transceiver.sender.replaceTrack(this.track).catch(() => {});
    const outgoing = new OutgoingTrack({
      ...{ transceiver, initialLayer, counts: this.#counts },
      closed: () => this.#outgoing.delete(outgoing),
    });
    this.#outgoing.add(outgoing);
    outgoing.follow(this.#layers);
    return outgoing;
  }

  /** Asks the publisher for a key frame of each layer. */
  requestKeyFrame(): void {
    for (const layer of this.#layers) layer.requestKeyFrame();
  }

  /** Hands a sink the messages in all layers, ours included, until what is returned is called. */
  readMessages(sink: SeiSink): () => void {
    return this.#readers.add(sink);
  }

  /** What puts messages into this video, into every layer, from the first call on. */
  carrier(): SeiCarrier {
    if (!this.#publishers) {
      this.#publishers = new CarrierPublishers(defaultCarrierLimits);
      for (const layer of this.#layers) this.#carry(layer);
    }
    const publishers = this.#publishers;
    return {
      name: "stage",
      limits: defaultCarrierLimits,
      open: (events, limits) => publishers.open(events, limits),
    };
  }

  close(): void {
    this.leave();
    this.#publishers?.close();
    this.#readers.clear();
    this.#outgoing.clear();
    this.track.stop();
  }

  #carry(layer: Layer): void {
    const publishers = this.#publishers;
    if (publishers) layer.carry(publishers.stream(layer.id || "stage"), (error) => publishers.failed(error));
  }

  #adapt(): void {
    const nowMs = performance.now();
    const isLate = nowMs > this.#adaptAtMs + lateMs;
    this.#adaptLater();
    for (const layer of this.#layers) layer.measure(nowMs);
    if (isLate) return;
    for (const layer of this.#layers) {
      // It begins with a key frame, which was lost where its size is not known.
      if (layer.pixels === 0 && layer.isActive(nowMs)) layer.requestKeyFrame();
    }
    for (const outgoing of this.#outgoing) outgoing.adapt(nowMs);
  }

  #adaptLater(): void {
    this.#adaptAtMs = performance.now() + adaptEveryMs;
    this.#timer.by(this.#adaptAtMs);
  }
}
