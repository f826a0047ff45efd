/**
 * Why a browser feed brings no messages. The video continues.
 *
 * - `unsupported`: the browser gives no access to encoded frames.
 * - `transform-taken`: the receiver has another transform already.
 * - `transform-too-late`: the video plays, but the transform sees no frame of it.
 * - `worker-failed`: the worker could not be started, or was terminated.
 * - `no-h264`: the video has another codec.
 * - `broken`: reading the frames failed; they pass unread.
 */
export type BrowserFeedErrorCode =
  | "unsupported"
  | "transform-taken"
  | "transform-too-late"
  | "worker-failed"
  | "no-h264"
  | "broken";

/** The argument of an `error` event that a browser feed causes; never thrown. */
export class BrowserFeedError extends Error {
  override readonly name = "BrowserFeedError";
  readonly code: BrowserFeedErrorCode;

  constructor(code: BrowserFeedErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
