/**
 * Packets in from files and pipes.
 *
 * Use this door to pass the H.264 of a file, or of any other input that FFmpeg reads, to a publisher without encoding it
 * again (`openSource`), or to look at its NAL units as they are stored (`openBitstream`). Both need the package node-av, an
 * optional peer. `fromAnnexB` takes what an encoder writes into a pipe, without it. Pictures, and video in other codecs, are in `@inband/media/frames`.
 *
 * @module
 */
export type { Bitstream, BitstreamDefect, StoredNalUnits } from "./bitstream.ts";
export type { SourceOptions } from "./file-source.ts";
export { type FromAnnexBOptions, fromAnnexB } from "./from-annex-b.ts";
export { MediaError, type MediaErrorCode } from "./media-error.ts";
export type { AudioInfo, MediaInfo, VideoInfo } from "./media-info.ts";
export type { MediaSource } from "./media-source.ts";
export { openBitstream } from "./open-bitstream.ts";
export { openSource } from "./open-source.ts";
