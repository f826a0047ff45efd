/** An encoder that was tried, and why it could not be used. */
export interface TriedEncoder {
  /** The codec that was asked for, or `node-av` or `ffmpeg` where that itself is missing. */
  readonly codec: string;
  /** The encoder's own words where it gave any. */
  readonly reason: string;
}

/**
 * - `unavailable`: no encoder that was asked for runs on this machine; `tried` says why.
 * - `open-failed`: the encoder runs here, but not with these options.
 * - `encode-failed`: the open encoder refused a picture.
 * - `queue-full`: more pictures wait than `maxQueued`: this one was not taken.
 * - `closed`: the encoder was closed before the picture was encoded.
 */
export type EncoderErrorCode = "unavailable" | "open-failed" | "encode-failed" | "queue-full" | "closed";

/** What the operator of the machine has to act on: an encoder that is missing, does not open, or broke. */
export class EncoderError extends Error {
  /** Always "EncoderError". */
  override readonly name = "EncoderError";
  /** What is wrong, for programs. */
  readonly code: EncoderErrorCode;
  /** Every encoder that was tried, in order. */
  readonly tried: readonly TriedEncoder[];

  /** The message is one sentence to show to the operator. */
  constructor(
    code: EncoderErrorCode,
    message: string,
    options: { tried?: readonly TriedEncoder[]; cause?: unknown } = {},
  ) {
    super(message, "cause" in options ? { cause: options.cause } : undefined);
    this.code = code;
    this.tried = options.tried ?? [];
  }
}
