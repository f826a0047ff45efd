/**
 * Packets in from files, pipes and servers, and out to them.
 *
 * Use this entry point to pass the H.264 of a file, or of any other input that FFmpeg reads, to a publisher without
 * encoding it again (`openSource`), or to read its NAL units as they are stored (`openBitstream`). Both need the package
 * node-av, an optional peer, and so does writing to a server or a file (`openSink`). `fromAnnexB`, which takes what an
 * encoder writes into a pipe, and `Mp4Writer`, which writes fragmented MP4, do not. Pictures, and video in other codecs, are
 * in `@inband/media/frames`, reports of what is in a stream in `@inband/media/inspect`, and what a path does to messages in
 * `@inband/media/probe`.
 *
 * @module
 */
export type { Bitstream, StoredNalUnits } from "./bitstream/bitstream.ts";
export { openBitstream } from "./bitstream/open-bitstream.ts";
export { type FromAnnexBOptions, fromAnnexB } from "./from-annex-b.ts";
export { isUrl } from "./input-name.ts";
export { MediaError, type MediaErrorCode } from "./media-error.ts";
export type { AudioInfo, MediaInfo, VideoInfo } from "./media-info.ts";
export type { MediaSource } from "./media-source.ts";
export { openSource } from "./open-source.ts";
export { shownInput } from "./shown-input.ts";
export { MediaSink } from "./sink/media-sink.ts";
export { Mp4Writer, type Mp4WriterOptions } from "./sink/mp4-writer.ts";
export { openSink } from "./sink/open-sink.ts";
export { isOutput } from "./sink/output-format.ts";
export type { SinkOptions } from "./sink/sink-options.ts";
export type { SourceOptions } from "./source-options.ts";
