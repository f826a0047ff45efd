/**
 * - `not-found`: there is no such file.
 * - `unreadable`: it is there, but FFmpeg cannot read it; the message gives FFmpeg's reason.
 * - `no-video`: it holds no video.
 * - `not-h264`: its video is not H.264, so it has no access units; decode it with `decodeFrames`.
 * - `unavailable`: node-av is not installed or does not load.
 * - `closed`: the source was closed while it was read.
 * - `unsupported`: no output of this kind is known.
 * - `unwritable`: an output cannot be opened; the message gives FFmpeg's reason.
 * - `lost`: an output that was open takes no more; the message gives FFmpeg's reason.
 * - `behind`: an output takes less than it is given, and pictures are dropped.
 */
export type MediaErrorCode =
  | "not-found"
  | "unreadable"
  | "no-video"
  | "not-h264"
  | "unavailable"
  | "closed"
  | "unsupported"
  | "unwritable"
  | "lost"
  | "behind";

/** Media that cannot be opened, read or written, with one sentence to show to a user. */
export class MediaError extends Error {
  /** Always "MediaError". */
  override readonly name = "MediaError";
  /** What is wrong, for programs. */
  readonly code: MediaErrorCode;
  /** The file or URL as it was given, where there is one; the message has it without credentials. */
  readonly input: string | undefined;

  /** The message is one sentence to show to a user. */
  constructor(code: MediaErrorCode, message: string, options: { input?: string; cause?: unknown } = {}) {
    super(message, "cause" in options ? { cause: options.cause } : undefined);
    this.code = code;
    this.input = options.input;
  }
}
