/**
 * Says why a browser carrier carries no messages. The video goes on.
 *
 * - `unsupported`: the browser gives no access to encoded frames.
 * - `transform-taken`: the sender had another transform already.
 * - `transform-too-late`: the video is sent, and the transform sees none of it.
 * - `worker-failed`: the worker could not be started.
 * - `broken`: writing into the frames failed; they leave as they were.
 */
export type BrowserCarrierErrorCode =
  | "unsupported"
  | "transform-taken"
  | "transform-too-late"
  | "worker-failed"
  | "broken";

/** Given to the publisher that opened the carrier, and so to its `error` event; never thrown. */
export class BrowserCarrierError extends Error {
  override readonly name = "BrowserCarrierError";
  readonly code: BrowserCarrierErrorCode;

  constructor(code: BrowserCarrierErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
