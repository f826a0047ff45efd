/**
 * The H.264 bitstream: NAL units, byte streams, emulation prevention, SEI messages and where they go.
 *
 * Use this door for anything that touches encoded video: to put a SEI message into an access unit, to find the messages
 * in one, to walk a file. It runs in browsers, workers and Node, takes and gives `Uint8Array`, and has no dependencies.
 * RTP payloads are in `@inband/h264/rtp`, encoders in `@inband/h264/encoder`.
 *
 * @module
 */
export type { AccessUnit } from "./access-unit.ts";
export { joinAnnexB, splitAnnexB } from "./annex-b.ts";
export { escapeRbsp, unescapeEbsp } from "./emulation-prevention.ts";
export { findSeiAnnexB } from "./find-sei.ts";
export { H264Error, type H264ErrorCode, type H264ErrorDetails } from "./h264-error.ts";
export { insertSei, insertSeiAnnexB } from "./insert-sei.ts";
export type { AudioPacket, MediaPacket } from "./media-packet.ts";
export { isVclNalUnit, NalUnitType, nalRefIdc, nalUnitType } from "./nal-unit.ts";
export { buildSei, parseSei } from "./sei.ts";
export type { SeiMessage } from "./sei-message.ts";
export {
  buildUserDataUnregistered,
  parseUserDataUnregistered,
  readUserData,
  type UserDataUnregistered,
} from "./user-data-unregistered.ts";
