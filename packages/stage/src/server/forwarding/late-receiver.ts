import { sequenceDifference } from "@inband/rtp";
import type { ForwardedPacket } from "./forwarded-packet.ts";
import type { Layer, LayerReceiver } from "./layer.ts";
import { type Offsets, renumber, shiftedDescriptor } from "./splice.ts";

/** How long a packet of a layer that was left may come late, in milliseconds: so long are lost ones requested. */
const lateMs = 1000;

/** Passes on what was missing of a layer when its subscriber went over to another one. */
export class LateReceiver implements LayerReceiver {
  readonly #layer: Layer;
  readonly #last: number;
  readonly #offsets: Offsets;
  readonly #untilMs: number;
  readonly #send: (packet: ForwardedPacket, descriptor: Buffer | undefined) => void;

  /** `last`: the highest sequence number that the subscriber has got of the layer. */
  constructor(
    layer: Layer,
    last: number,
    offsets: Offsets,
    nowMs: number,
    send: (packet: ForwardedPacket, descriptor: Buffer | undefined) => void,
  ) {
    this.#layer = layer;
    this.#last = last;
    this.#offsets = offsets;
    this.#untilMs = nowMs + lateMs;
    this.#send = send;
    layer.receivers.add(this);
  }

  take(packet: ForwardedPacket, nowMs: number): void {
    const { header, descriptor } = packet;
    const { sequenceNumber, timestamp } = header;
    if (nowMs > this.#untilMs) this.#layer.receivers.delete(this);
    else if (sequenceDifference(sequenceNumber, this.#last) < 0) {
      renumber(header, this.#offsets);
      this.#send(packet, descriptor && shiftedDescriptor(descriptor, this.#offsets));
      header.sequenceNumber = sequenceNumber;
      header.timestamp = timestamp;
    }
  }

  /** Passes nothing on any more. */
  close(): void {
    this.#layer.receivers.delete(this);
  }
}
