/**
 * Says why a browser feed brings no messages. The video goes on.
 *
 * - `unsupported`: the browser gives no access to encoded frames.
 * - `transform-taken`: the receiver had another transform already.
 * - `transform-too-late`: the video plays, and the transform sees none of it.
 * - `worker-failed`: the worker could not be started, or was terminated.
 * - `no-h264`: the video is of another codec.
 * - `broken`: reading the frames failed; they pass unread.
 */
export type BrowserFeedErrorCode =
  | "unsupported"
  | "transform-taken"
  | "transform-too-late"
  | "worker-failed"
  | "no-h264"
  | "broken";

/** Given to the sink of a browser feed, and so to the subscriber's `error` event; never thrown. */
export class BrowserFeedError extends Error {
  override readonly name = "BrowserFeedError";
  readonly code: BrowserFeedErrorCode;

  constructor(code: BrowserFeedErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
