import { WireError } from "@inband/wire";

/** The error for a message of more bytes than its profile carries. */
export function tooLarge(limitBytes: number, actualBytes: number): WireError {
  const text = `A message of ${actualBytes} bytes; at most ${limitBytes} are read`;
  return new WireError("payload-too-large", text, { limitBytes, actualBytes });
}
