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
export type { DepayloadedAccessUnit, H264RtpPacket } from "./depayloaded-access-unit.ts";
export { forEachSei } from "./for-each-sei.ts";
export { H264Depayloader, type H264DepayloaderOptions } from "./h264-depayloader.ts";
export type { H264DepayloaderStats } from "./h264-depayloader-stats.ts";
export {
  defaultMaxPayloadBytes,
  type H264Payload,
  H264Payloader,
  type H264PayloaderOptions,
} from "./h264-payloader.ts";
export { parseRtpPayload, type RtpPayload, RtpPayloadType } from "./rtp-payload.ts";
