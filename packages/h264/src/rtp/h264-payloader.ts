import { H264Error } from "../h264-error.ts";
import { RtpPayloadType } from "./rtp-payload.ts";

/** Options of {@link H264Payloader}. */
export interface H264PayloaderOptions {
  /**
   * Most bytes of one RTP payload, at least 16.
   *
   * @defaultValue 1170: with RTP header, header extensions, SRTP tag, UDP and IPv6 it stays below 1280 bytes.
   */
  readonly maxPayloadBytes?: number;
  /**
   * packetization-mode of the media format (RFC 6184 8.1): 0 sends single NAL unit packets only, 1 also STAP-A and FU-A.
   *
   * @defaultValue 1
   */
  readonly packetizationMode?: 0 | 1;
}

/** One RTP payload and the marker bit of its packet. */
export interface H264Payload {
  /** A view of the NAL unit where it travels alone, otherwise a part of a fresh buffer. */
  readonly payload: Uint8Array;
  /** Set on the last payload of the access unit (RFC 6184 5.1). */
  readonly marker: boolean;
}

/** Default of {@link H264PayloaderOptions.maxPayloadBytes}. */
export const defaultMaxPayloadBytes = 1170;

/** libwebrtc drops the frame when one STAP-A holds 10 NAL units or more (kMaxNalusPerPacket). */
const maxNalUnitsPerStapA = 9;

/**
 * Makes RTP payloads of access units. RFC 6184.
 *
 * Neighbouring NAL units that fit share a STAP-A (SPS, PPS and SEI of a key frame; SEI and a small slice), what does not
 * fit travels as FU-A fragments of equal size, and the rest as it is.
 */
export class H264Payloader {
  readonly #maxPayloadBytes: number;
  readonly #packetizationMode: 0 | 1;
  #skippedNalUnits = 0;

  /** Throws RangeError for an option out of range. */
  constructor({ maxPayloadBytes = defaultMaxPayloadBytes, packetizationMode = 1 }: H264PayloaderOptions = {}) {
    if (!Number.isInteger(maxPayloadBytes) || maxPayloadBytes < 16 || maxPayloadBytes > 65_535) {
      throw new RangeError(`maxPayloadBytes: expected an integer from 16 to 65535, got ${maxPayloadBytes}`);
    }
    if (packetizationMode !== 0 && packetizationMode !== 1) {
      throw new RangeError(`packetizationMode: expected 0 or 1, got ${packetizationMode}`);
    }
    this.#maxPayloadBytes = maxPayloadBytes;
    this.#packetizationMode = packetizationMode;
  }

  /** NAL units that were left out: empty ones, and types 0 and 24 to 31, which would be read as RTP structures (5.2). */
  get skippedNalUnits(): number {
    return this.#skippedNalUnits;
  }

  /**
   * The payloads of one access unit in sending order; give all of them its timestamp.
   *
   * @throws H264Error `too-large` in packetization mode 0 when a NAL unit exceeds `maxPayloadBytes`.
   */
  payloads(nalUnits: readonly Uint8Array[]): H264Payload[] {
    const limit = this.#maxPayloadBytes;
    const aggregates = this.#packetizationMode === 1;
    const payloads: Uint8Array[] = [];
    const waiting: Uint8Array[] = [];
    let waitingBytes = 1;
    for (const nal of nalUnits) {
      const type = (nal[0] ?? 0) & 31;
      if (type === 0 || type > 23) {
        this.#skippedNalUnits += 1;
        continue;
      }
      if (nal.length > limit && !aggregates) {
        throw new H264Error(
          "too-large",
          `A NAL unit of type ${type} has ${nal.length} bytes; packetization-mode 0 carries at most ${limit}`,
          { clause: "RFC 6184 6.2" },
        );
      }
      if (waiting.length > 0 && (waitingBytes + 2 + nal.length > limit || waiting.length === maxNalUnitsPerStapA)) {
        payloads.push(aggregate(waiting, waitingBytes));
        waiting.length = 0;
        waitingBytes = 1;
      }
      if (nal.length > limit) {
        fragment(nal, limit, payloads);
      } else if (aggregates) {
        waiting.push(nal);
        waitingBytes += 2 + nal.length;
      } else {
        payloads.push(nal);
      }
    }
    if (waiting.length > 0) payloads.push(aggregate(waiting, waitingBytes));
    const last = payloads.length - 1;
    return payloads.map((payload, index) => ({ payload, marker: index === last }));
  }
}

/** One NAL unit as it is, several as a STAP-A whose F is the OR and whose NRI is the maximum (5.3, 5.7.1). */
function aggregate(nals: readonly Uint8Array[], length: number): Uint8Array {
  if (nals.length === 1) return nals[0] as Uint8Array;
  const payload = new Uint8Array(length);
  let forbidden = 0;
  let nri = 0;
  let at = 1;
  for (const nal of nals) {
    const header = nal[0] as number;
    forbidden |= header & 0x80;
    nri = Math.max(nri, header & 0x60);
    payload[at] = nal.length >> 8;
    payload[at + 1] = nal.length;
    payload.set(nal, at + 2);
    at += 2 + nal.length;
  }
  payload[0] = forbidden | nri | RtpPayloadType.StapA;
  return payload;
}

/** FU-A fragments (5.8) of nearly equal size, all in one buffer. */
function fragment(nal: Uint8Array, limit: number, payloads: Uint8Array[]): void {
  const header = nal[0] as number;
  const indicator = (header & 0xe0) | RtpPayloadType.FuA;
  const type = header & 31;
  const size = nal.length - 1;
  const count = Math.ceil(size / (limit - 2));
  const buffer = new Uint8Array(size + 2 * count);
  let from = 1;
  let at = 0;
  for (let index = 0; index < count; index += 1) {
    const to = 1 + Math.floor((size * (index + 1)) / count);
    const end = at + 2 + to - from;
    buffer[at] = indicator;
    buffer[at + 1] = type | (index === 0 ? 0x80 : 0) | (index === count - 1 ? 0x40 : 0);
    buffer.set(nal.subarray(from, to), at + 2);
    payloads.push(buffer.subarray(at, end));
    from = to;
    at = end;
  }
}
