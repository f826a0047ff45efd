import { H264Error } from "../h264-error.ts";

/** Packet types of RFC 6184 Table 1 beside the single NAL unit packets 1 to 23. */
export const RtpPayloadType = {
  /** Single-time aggregation packet without decoding order numbers (5.7.1). */
  StapA: 24,
  /** Single-time aggregation packet with decoding order numbers (5.7.1); interleaved mode only. */
  StapB: 25,
  /** Multi-time aggregation packet with 16-bit offsets (5.7.2); interleaved mode only. */
  Mtap16: 26,
  /** Multi-time aggregation packet with 24-bit offsets (5.7.2); interleaved mode only. */
  Mtap24: 27,
  /** Fragmentation unit (5.8). */
  FuA: 28,
  /** Fragmentation unit with a decoding order number (5.8); interleaved mode only. */
  FuB: 29,
} as const;

/** One of the values of {@link RtpPayloadType}. */
export type RtpPayloadType = (typeof RtpPayloadType)[keyof typeof RtpPayloadType];

const interleavedNames: Readonly<Record<number, string>> = { 25: "STAP-B", 26: "MTAP16", 27: "MTAP24", 29: "FU-B" };

/** What one RTP payload holds. NAL units and fragments are views. */
export type RtpPayload =
  | { readonly kind: "padding" }
  | { readonly kind: "single"; readonly nal: Uint8Array }
  | { readonly kind: "stap-a"; readonly nals: readonly Uint8Array[] }
  | {
      readonly kind: "fu-a";
      /** The header of the fragmented NAL unit, put together from FU indicator and FU header. */
      readonly nalHeader: number;
      /** The S bit: the first fragment of the NAL unit. */
      readonly start: boolean;
      /** The E bit: the last fragment of the NAL unit. */
      readonly end: boolean;
      /** May be empty (5.8). */
      readonly fragment: Uint8Array;
    };

/** "STAP-B", "MTAP16", "MTAP24" or "FU-B" for the packet types of the interleaved mode, otherwise undefined. */
export function interleavedPayloadName(type: number): string | undefined {
  return interleavedNames[type];
}

/**
 * Takes one RTP payload apart. RFC 6184 5.4 to 5.8.
 *
 * @throws H264Error `unsupported` for the packet types of the interleaved mode (STAP-B, MTAP16, MTAP24, FU-B) and for
 * the undefined ones (0, 30, 31), `forbidden-bit`, `truncated` and `bad-length` for the rest.
 */
export function parseRtpPayload(payload: Uint8Array): RtpPayload {
  if (payload.length === 0) return { kind: "padding" };
  const header = payload[0] as number;
  const type = header & 31;
  const name = interleavedNames[type];
  if (name !== undefined) {
    throw new H264Error("unsupported", `${name} (type ${type}) belongs to packetization-mode 2`, {
      offset: 0,
      clause: "RFC 6184 5.4",
    });
  }
  if (type === 0 || type > 29) {
    throw new H264Error("unsupported", `RTP payload type ${type} is not defined`, {
      offset: 0,
      clause: "RFC 6184 5.2",
    });
  }
  if (header & 0x80) {
    throw new H264Error("forbidden-bit", "The F bit is set", { offset: 0, clause: "RFC 6184 5.3" });
  }
  if (type === RtpPayloadType.StapA) return { kind: "stap-a", nals: parseStapA(payload) };
  if (type === RtpPayloadType.FuA) return parseFuA(payload);
  return { kind: "single", nal: payload };
}

function parseStapA(payload: Uint8Array): Uint8Array[] {
  const clause = "RFC 6184 5.7.1";
  const nals: Uint8Array[] = [];
  let at = 1;
  if (payload.length === 1) throw new H264Error("truncated", "STAP-A without a NAL unit", { offset: 1, clause });
  while (at < payload.length) {
    if (payload.length - at < 2)
      throw new H264Error("truncated", "STAP-A ends in a size field", { offset: at, clause });
    const size = ((payload[at] as number) << 8) | (payload[at + 1] as number);
    if (size === 0) throw new H264Error("bad-length", "STAP-A with an empty NAL unit", { offset: at, clause });
    if (size > payload.length - at - 2) {
      throw new H264Error("truncated", `STAP-A announces a NAL unit of ${size} bytes and ends`, { offset: at, clause });
    }
    const nal = payload.subarray(at + 2, at + 2 + size);
    const type = (nal[0] as number) & 31;
    if (type === 0 || type > 23) {
      throw new H264Error("bad-value", `STAP-A holds a unit of type ${type}`, { offset: at + 2, clause });
    }
    nals.push(nal);
    at += 2 + size;
  }
  return nals;
}

function parseFuA(payload: Uint8Array): RtpPayload {
  const clause = "RFC 6184 5.8";
  if (payload.length < 2) throw new H264Error("truncated", "FU-A without a FU header", { offset: 1, clause });
  const fu = payload[1] as number;
  const type = fu & 31;
  const start = (fu & 0x80) !== 0;
  const end = (fu & 0x40) !== 0;
  if (start && end) throw new H264Error("bad-value", "FU-A with both start and end bit", { offset: 1, clause });
  if (type === 0 || type > 23) {
    throw new H264Error("bad-value", `FU-A of a unit of type ${type}`, { offset: 1, clause });
  }
  const nalHeader = ((payload[0] as number) & 0x60) | type;
  return { kind: "fu-a", nalHeader, start, end, fragment: payload.subarray(2) };
}
