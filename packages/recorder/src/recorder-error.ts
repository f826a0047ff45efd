/**
 * - `unwritable`: no file can be created in the folder.
 * - `lost`: a recording cannot be completed; `path` has what was written.
 * - `too-many`: as many events are being recorded as may be at once.
 * - `no-key-frame`: an event came before the first key frame, so there is nothing to record from.
 */
export type RecorderErrorCode = "unwritable" | "lost" | "too-many" | "no-key-frame";

/** An event that is not recorded, or not whole; the stream goes on. */
export class RecorderError extends Error {
  override readonly name = "RecorderError";
  readonly code: RecorderErrorCode;
  /** The file that it is about, where there is one. */
  readonly path: string | undefined;

  constructor(code: RecorderErrorCode, message: string, options: { path?: string; cause?: unknown } = {}) {
    super(message, "cause" in options ? { cause: options.cause } : undefined);
    this.code = code;
    this.path = options.path;
  }
}
