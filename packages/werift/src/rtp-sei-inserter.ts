import { H264Payloader } from "@inband/h264/rtp";
import type { CarrierStream } from "@inband/stream";
import type { RtpHeader, RtpPacket } from "werift";
import { dividedDescriptor } from "./dependency-descriptors.ts";
import { type PictureStart, pictureStart } from "./picture-start.ts";
import { Renumbering } from "./renumbering.ts";

/** Where an `RtpSeiInserter` takes messages from and sends packets to. */
export interface RtpSeiInserterOptions {
  /** The messages of the stream that the packets are of. */
  readonly stream: CarrierStream;
  /**
   * Most bytes of an RTP payload that is made for messages.
   *
   * @defaultValue 1170
   */
  readonly maxPayloadBytes?: number;
  /** The packet that was passed on before the first one that comes here: without it the first picture carries no messages. */
  readonly behind?: RtpHeader | undefined;
  /** Whether packets reach anybody: otherwise messages wait. */
  flows?(): boolean;
  /**
   * Sends one packet.
   *
   * @param header That of the packet at hand: all of it holds for this one but its number, marker and extensions.
   * @param descriptor Its Dependency Descriptor, where the packet at hand had one.
   */
  send(
    header: RtpHeader,
    sequenceNumber: number,
    marker: boolean,
    payload: Buffer,
    descriptor: Buffer | undefined,
  ): void;
}

/**
 * Puts messages into H.264 that comes as RTP: SEI goes into packets of its own in front of the first packet of each
 * picture, and all packets behind it get new sequence numbers. Payloads, timestamps and markers stay as they came, and so
 * do gaps and late packets; a picture behind a gap carries no messages: they wait for the next.
 *
 * Dependency Descriptors stay valid, since they number frames and not packets: what is put in belongs to the frame of the
 * picture behind it.
 */
export class RtpSeiInserter {
  readonly #options: RtpSeiInserterOptions;
  readonly #payloader: H264Payloader;
  readonly #renumbering = new Renumbering();
  #ssrc: number | undefined;
  /** Of the picture that has begun last. */
  #pictureTimestamp: number | undefined;
  #insertedPackets = 0;

  /** @throws RangeError for `maxPayloadBytes`. */
  constructor(options: RtpSeiInserterOptions) {
    this.#options = options;
    const { maxPayloadBytes, behind } = options;
    if (behind) {
      this.#ssrc = behind.ssrc;
      this.#pictureTimestamp = behind.timestamp;
      this.#renumbering.accept(behind.sequenceNumber, behind.timestamp);
    }
    this.#payloader = new H264Payloader(maxPayloadBytes === undefined ? {} : { maxPayloadBytes });
  }

  /** Packets that were made for messages. */
  get insertedPackets(): number {
    return this.#insertedPackets;
  }

  /** Passes a packet on. False for one that came before, or far too late: it is not passed on. */
  write({ header, payload }: RtpPacket, descriptor?: Buffer): boolean {
    const { ssrc, sequenceNumber, timestamp } = header;
    const isOther = this.#ssrc !== undefined && ssrc !== this.#ssrc;
    this.#ssrc = ssrc;
    const place = isOther
      ? this.#renumbering.restart(sequenceNumber, timestamp)
      : this.#renumbering.accept(sequenceNumber, timestamp);
    if (!place) return false;
    const start = this.#pictureTimestamp === timestamp ? undefined : pictureStart(payload);
    if (start && place.isNext && start.beginsNalUnit) this.#insert(start, header, payload, descriptor);
    else {
      const number = this.#renumbering.numberOf(place.extended);
      this.#options.send(header, number, header.marker, payload, descriptor);
    }
    // Late packets do not change it.
    if (start && this.#renumbering.isNewest(place.extended)) this.#pictureTimestamp = timestamp;
    return true;
  }

  /** Sends the first packet of a picture, behind the messages that are due. */
  #insert(
    { isKeyFrame, before, after }: PictureStart,
    header: RtpHeader,
    payload: Buffer,
    descriptor: Buffer | undefined,
  ): void {
    const { stream, flows, send } = this.#options;
    const nals = flows?.() === false ? [] : stream.take({ rtpTimestamp: header.timestamp, isKeyFrame });
    const payloads =
      nals.length === 0
        ? [payload]
        : [...this.#payloads(before), ...this.#payloads(nals), ...(after ? this.#payloads(after) : [payload])];
    const { length } = payloads;
    const first = this.#renumbering.insert(length - 1);
    this.#insertedPackets += length - 1;
    payloads.forEach((bytes, index) => {
      const marker = header.marker && index === length - 1;
      send(header, (first + index) & 0xffff, marker, bytes, descriptor && dividedDescriptor(descriptor, index, length));
    });
    stream.commit();
  }

  #payloads(nals: readonly Uint8Array[]): Buffer[] {
    return this.#payloader
      .payloads(nals)
      .map(({ payload }) => Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength));
  }
}
