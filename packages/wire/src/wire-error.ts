/**
 * What is wrong with a message on the wire.
 *
 * - `payload-too-large`: the message does not fit the profile (the sender acts).
 * - `bad-envelope`: the bytes are not what the profile says (the peer acts).
 * - `bad-payload`: the same of a profile without envelopes.
 * - `unknown-version`: an envelope of a version that this reader does not know (update the reader).
 */
export type WireErrorCode = "payload-too-large" | "bad-envelope" | "bad-payload" | "unknown-version";

/** Figures that go with a {@link WireError}. */
export interface WireErrorDetails {
  /** The most bytes that are allowed. */
  readonly limitBytes?: number;
  /** The bytes that there are. */
  readonly actualBytes?: number;
  /** The version that the envelope names. */
  readonly version?: number;
  /** Offset into the payload at which it goes wrong. */
  readonly offset?: number;
  readonly cause?: unknown;
}

/** A message that does not fit a profile, or bytes that are not one. */
export class WireError extends Error {
  override readonly name = "WireError";
  readonly code: WireErrorCode;
  /** The most bytes that are allowed, for `payload-too-large`. */
  declare readonly limitBytes: number | undefined;
  /** The bytes that there are, for `payload-too-large`. */
  declare readonly actualBytes: number | undefined;
  /** The version that the envelope names, for `unknown-version`. */
  declare readonly version: number | undefined;
  /** Offset into the payload at which it goes wrong, for `bad-envelope`. */
  declare readonly offset: number | undefined;

  constructor(code: WireErrorCode, message: string, details?: WireErrorDetails) {
    super(message, details);
    this.code = code;
    Object.assign(this, details);
  }
}

/** The error for bytes that are broken at an offset. */
export function badEnvelope(what: string, offset: number): WireError {
  return new WireError("bad-envelope", `Bad envelope: ${what} at byte ${offset}`, { offset });
}

/** The error for something of a message that has more bytes than it may. `what` names it. */
export function tooLarge(what: string, limitBytes: number, actualBytes: number): WireError {
  const text = `${what}: expected at most ${limitBytes} bytes, got ${actualBytes}`;
  return new WireError("payload-too-large", text, { limitBytes, actualBytes });
}
