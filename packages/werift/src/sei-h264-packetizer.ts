import { type AccessUnit, insertSei, splitAnnexB } from "@inband/h264";
import { defaultMaxPayloadBytes, H264Payloader } from "@inband/h264/rtp";
import { H264Packetizer, type RtpPacket } from "werift";

/** Settings of a `SeiH264Packetizer`. */
export interface SeiH264PacketizerOptions {
  /**
   * Most bytes of an RTP payload. With RTP header, header extensions, authentication tag, UDP and IPv6 the default stays
   * below 1280 bytes.
   *
   * @defaultValue 1170
   */
  readonly maxPayloadBytes?: number;
  /**
   * Sequence number of the first packet.
   *
   * @defaultValue random
   */
  readonly sequenceNumber?: number;
}

/**
 * werift's packetizer with the payloads of `@inband/h264/rtp`: STAP-A for small neighbours, FU-A for large NAL units,
 * and no walk over the bytes. Give it whole access units with their SEI inside: a message as a packet of its own, put
 * between packets that are already numbered, costs every receiver the picture.
 */
export class SeiH264Packetizer extends H264Packetizer {
  readonly #payloader: H264Payloader;

  constructor(options: SeiH264PacketizerOptions = {}) {
    const maxPayloadBytes = options.maxPayloadBytes ?? defaultMaxPayloadBytes;
    super({
      maxPayloadSize: maxPayloadBytes,
      inputFormat: "annexb",
      ...(options.sequenceNumber === undefined ? {} : { sequenceNumber: options.sequenceNumber }),
    });
    this.#payloader = new H264Payloader({ maxPayloadBytes });
  }

  /** The packets of one access unit, with `nals` inserted where SEI belongs. */
  packetizeAccessUnit(accessUnit: AccessUnit, rtpTimestamp: number, nals: readonly Uint8Array[] = []): RtpPacket[] {
    return this.#packets(insertSei(accessUnit, nals).nalUnits, rtpTimestamp);
  }

  /** The packets of one access unit in Annex B, for code that holds werift's own packetizer. */
  override packetize(accessUnit: Buffer, rtpTimestamp: number): RtpPacket[] {
    return this.#packets(splitAnnexB(accessUnit), rtpTimestamp);
  }

  #packets(nalUnits: readonly Uint8Array[], rtpTimestamp: number): RtpPacket[] {
    return this.#payloader
      .payloads(nalUnits)
      .map(({ payload, marker }) => this.buildPacket(bufferOf(payload), rtpTimestamp, marker));
  }
}

/** The same bytes as a Buffer, without copying: werift calls Buffer's own methods on a payload. */
function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
