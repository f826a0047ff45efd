import { WireError } from "@inband/wire";

/** The error for a message of more bytes than its profile carries. */
export function tooLarge(limitBytes: number, actualBytes: number): WireError {
  const text = `message: expected at most ${limitBytes} bytes, got ${actualBytes}`;
  return new WireError("payload-too-large", text, { limitBytes, actualBytes });
}
