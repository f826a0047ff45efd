import { MessagePackReader } from "./messagepack-read.ts";
import { skipValue } from "./messagepack-walk.ts";
import { WireError } from "./wire-error.ts";

/**
 * The value of a whole message from the body of its envelope, or from all its fragments joined. Holds no view of `body`.
 *
 * The reader is our own: the walk has to look at every value anyway, so that what is left to do is small, and the
 * unpacker of msgpackr would be half of a subscriber in a browser.
 *
 * @throws WireError `bad-envelope` for anything but one value of core MessagePack, and for the key `__proto__`;
 * `payload-too-large` for one that would take more than 2 MiB, by the weights of SPEC.md section 6.
 */
export function decodeValue(body: Uint8Array): unknown {
  const end = skipValue(body, 0);
  if (end !== body.length) {
    throw new WireError("bad-envelope", `Bytes after the value at byte ${end}`, { offset: end });
  }
  return new MessagePackReader(body).read();
}
