/**
 * RTP payloads of H.264 (RFC 6184) and the order of RTP packets.
 *
 * Use it between access units and a transport that moves RTP: `H264Payloader` on the way out, `RtpReorder` and
 * `H264Depayloader` on the way in, `forEachSei` where only the SEI matters and waiting for whole access units would cost
 * time. Pure: no sockets, no timers, no RTP headers.
 *
 * @module
 */
export { RtpReorder, type RtpReorderOptions, type RtpReorderStats } from "@inband/rtp";
export { forEachSei } from "./for-each-sei.ts";
export {
  type DepayloadedAccessUnit,
  H264Depayloader,
  type H264DepayloaderOptions,
  type H264DepayloaderStats,
  type H264RtpPacket,
} from "./h264-depayloader.ts";
export {
  defaultMaxPayloadBytes,
  type H264Payload,
  H264Payloader,
  type H264PayloaderOptions,
} from "./h264-payloader.ts";
export { parseRtpPayload, type RtpPayload, RtpPayloadType } from "./rtp-payload.ts";
