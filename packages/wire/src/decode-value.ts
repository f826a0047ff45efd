import { Unpackr } from "msgpackr/unpack";
import { skipValue } from "./messagepack-walk.ts";
import { WireError } from "./wire-error.ts";

const unpackr = /* @__PURE__ */ new Unpackr({ useRecords: false, mapsAsObjects: true, copyBuffers: true });

/**
 * The value of a whole message from the body of its envelope, or from all its fragments joined. Holds no view of `body`.
 *
 * @throws WireError `bad-envelope` for anything but one value of core MessagePack.
 */
export function decodeValue(body: Uint8Array): unknown {
  const end = skipValue(body, 0);
  if (end !== body.length) {
    throw new WireError("bad-envelope", `Bytes after the value at byte ${end}`, { offset: end });
  }
  try {
    // A Buffer would make Buffers of the bytes inside.
    return unpackr.unpack(new Uint8Array(body.buffer, body.byteOffset, body.length));
  } catch (cause) {
    throw new WireError("bad-envelope", "Not MessagePack", { cause });
  }
}
