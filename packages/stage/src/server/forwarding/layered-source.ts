import { H264Error, NalUnitType, nalUnitType, parseSps, type Sps } from "@inband/h264";
import { parseRtpPayload, RtpPayloadType } from "@inband/h264/rtp";
import { WakeTimer } from "@inband/stream";
import type { Extensions, MediaStreamTrack, RTCRtpTransceiver, RtpPacket } from "werift";
import type { RtpSource, RtpSourceEvents } from "./rtp-source.ts";

/** A layer of which nothing has come for this long has ceased, in milliseconds: a browser that lacks bitrate stops it. */
const ceasedAfterMs = 1000;

/** How often the choice of the layer is looked at again, and a key frame asked for that is still missing. */
const choiceEveryMs = 500;

/** One of the encodings of a simulcast section (RFC 8853). */
interface Layer {
  readonly track: MediaStreamTrack;
  ssrc: number | undefined;
  lastAtMs: number;
  /** Pixels of a picture, by its last sequence parameter set. */
  pixels: number;
}

/**
 * The largest layer of a simulcast section that is being sent. Another one begins with its key frame: until then the one
 * before goes on, so that no picture is missing, and neither is a message, since each layer carries all of them.
 */
export class LayeredSource implements RtpSource {
  readonly #transceiver: RTCRtpTransceiver;
  readonly #layers: readonly Layer[];
  readonly #timer = new WakeTimer(() => this.#choose());
  #events: RtpSourceEvents | undefined;
  #current: Layer | undefined;
  #wanted: Layer | undefined;

  constructor(transceiver: RTCRtpTransceiver) {
    this.#transceiver = transceiver;
    this.#layers = transceiver.receiver.tracks.map((track) => ({
      ...{ track, ssrc: undefined, lastAtMs: Number.NEGATIVE_INFINITY, pixels: 0 },
    }));
  }

  read(events: RtpSourceEvents): () => void {
    this.#events = events;
    const subscriptions = this.#layers.map((layer) =>
      layer.track.onReceiveRtp.subscribe((packet, extensions) => this.#take(layer, packet, extensions)),
    );
    this.#timer.after(choiceEveryMs);
    return () => {
      for (const { unSubscribe } of subscriptions) unSubscribe();
      this.#timer.stop();
      this.#events = undefined;
    };
  }

  requestKeyFrame(): void {
    for (const layer of this.#current ? [this.#current] : this.#layers) this.#requestKeyFrameOf(layer);
  }

  #take(layer: Layer, packet: RtpPacket, extensions: Extensions | undefined): void {
    layer.lastAtMs = performance.now();
    layer.ssrc = packet.header.ssrc;
    const sps = spsOf(packet.payload);
    if (sps) layer.pixels = sps.width * sps.height;
    if (sps && layer !== this.#current && (this.#current === undefined || layer === this.#wanted)) {
      this.#current = layer;
      this.#wanted = undefined;
      this.#events?.begin();
    }
    if (layer === this.#current) this.#events?.packet(packet, extensions);
  }

  #choose(): void {
    this.#timer.after(choiceEveryMs);
    const sinceMs = performance.now() - ceasedAfterMs;
    const [best] = this.#layers.filter(({ lastAtMs }) => lastAtMs > sinceMs).toSorted((a, b) => b.pixels - a.pixels);
    this.#wanted = best === this.#current ? undefined : best;
    if (this.#wanted) this.#requestKeyFrameOf(this.#wanted);
  }

  #requestKeyFrameOf({ ssrc }: Layer): void {
    if (ssrc !== undefined) this.#transceiver.receiver.sendRtcpPLI(ssrc).catch(() => {});
  }
}

/** The sequence parameter set in an RTP payload, with which a key frame begins; undefined where there is none. */
function spsOf(payload: Buffer): Sps | undefined {
  const type = (payload[0] ?? 0) & 31;
  if (type !== NalUnitType.Sps && type !== RtpPayloadType.StapA) return undefined;
  try {
    const parsed = parseRtpPayload(payload);
    const nals = parsed.kind === "stap-a" ? parsed.nals : parsed.kind === "single" ? [parsed.nal] : [];
    const sps = nals.find((nal) => nalUnitType(nal) === NalUnitType.Sps);
    return sps && parseSps(sps);
  } catch (error) {
    if (error instanceof H264Error) return undefined;
    throw error;
  }
}
