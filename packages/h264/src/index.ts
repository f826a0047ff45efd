/**
 * The H.264 bitstream: NAL units, byte streams, emulation prevention, SEI messages and where they go.
 *
 * Use this entry point for anything that touches encoded video: to put a SEI message into an access unit, to find the messages
 * in one, to walk a file. It runs in browsers, workers and Node, takes and gives `Uint8Array`, and has no dependencies.
 * RTP payloads are in `@inband/h264/rtp`, encoders in `@inband/h264/encoder`.
 *
 * @module
 */
export type { AccessUnit } from "./access-unit.ts";
export {
  type AccessUnitNals,
  AccessUnitSplitter,
  type AccessUnitSplitterOptions,
  splitAccessUnits,
} from "./access-unit-splitter.ts";
export { joinAnnexB, splitAnnexB } from "./annex-b.ts";
export { AnnexBSplitter, type AnnexBSplitterOptions } from "./annex-b-splitter.ts";
export {
  type AvcConfig,
  type AvcConfigOptions,
  type AvcConfigSets,
  buildAvcConfig,
  parseAvcConfig,
  readAvcConfig,
} from "./avc-config.ts";
export { type AvccLengthSize, joinAvcc, splitAvcc, walkAvcc } from "./avcc.ts";
export { type DetectedFormat, detectFormat, type StreamFormat } from "./detect-format.ts";
export { escapeRbsp, unescapeEbsp } from "./emulation-prevention.ts";
export { findSeiAnnexB } from "./find-sei.ts";
export { findSeiAvcc, type SeiOfSample } from "./find-sei-avcc.ts";
export type { Finding, FindingPlace } from "./finding.ts";
export { FindingList, type FindingListOptions } from "./finding-list.ts";
export { type SliceSearch, splitFramed, walkFramed } from "./framed-nal-unit.ts";
export { H264Error, type H264ErrorCode, type H264ErrorDetails } from "./h264-error.ts";
export { insertSei, insertSeiAnnexB } from "./insert-sei.ts";
export { AccessUnitLinter, lint } from "./lint.ts";
export { lintAnnexB, lintAnnexBSteps } from "./lint-annex-b.ts";
export { AvccLinter, lintAvcc } from "./lint-avcc.ts";
export { lintNalUnit } from "./lint-nal-unit.ts";
export { lintRtp, RtpLinter } from "./lint-rtp.ts";
export type { AudioPacket, MediaPacket } from "./media-packet.ts";
export { isVclNalUnit, NalUnitType, nalRefIdc, nalUnitType } from "./nal-unit.ts";
export { ParameterSets } from "./parameter-sets.ts";
export { type Pps, parsePps } from "./pps.ts";
export { buildSei, parseSei, readSei } from "./sei.ts";
export { type SeiEnding, type SeiMessage, walkSei } from "./sei-message.ts";
export { SeiPayloadType } from "./sei-payload-type.ts";
export { parseSliceHeader, type SliceHeader } from "./slice-header.ts";
export { parseSps, type Sps } from "./sps.ts";
export { stripSei } from "./strip-sei.ts";
export {
  buildUserDataSei,
  buildUserDataUnregistered,
  parseUserDataUnregistered,
  readUserData,
  readUserDataAnnexB,
  type UserDataUnregistered,
} from "./user-data-unregistered.ts";
export { formatUuid, parseUuid } from "./uuid.ts";
export type { Vui } from "./vui.ts";
