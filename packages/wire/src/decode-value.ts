import { MessagePackReader } from "./messagepack-reader.ts";
import { badEnvelope } from "./wire-error.ts";

/**
 * The value of a whole message from the body of its envelope, or from all its fragments joined. Holds no view of `body`.
 *
 * The reader is our own: bytes have to be checked before they are decoded anyway, so that what is left to do is small, and
 * the unpacker of msgpackr would be half of a subscriber in a browser.
 *
 * @throws WireError `bad-envelope` for anything but one value of core MessagePack, and for the key `__proto__`;
 * `payload-too-large` for one that would take more than 2 MiB, by the weights of SPEC.md section 6.
 */
export function decodeValue(body: Uint8Array): unknown {
  const checked = new MessagePackReader(body);
  checked.skip();
  if (checked.at !== body.length) throw badEnvelope("bytes after the end", checked.at);
  return new MessagePackReader(body).read();
}
