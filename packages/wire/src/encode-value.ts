import { Packr } from "msgpackr/pack";
import { plainValue } from "./plain-value.ts";

const packr = /* @__PURE__ */ new Packr({ useRecords: false, variableMapSize: true });

/**
 * A value as core MessagePack. Members that are undefined are left out, and undefined in an array becomes null, as in
 * JSON. The bytes are a view into a buffer of the packer.
 *
 * @throws TypeError that names the path of the first value that cannot be carried; WireError `payload-too-large` for more
 * than 1 MiB.
 */
export function encodeValue(value: unknown): Uint8Array {
  const { buffer, byteOffset, length } = packr.pack(plainValue(value, "messagepack"));
  return new Uint8Array(buffer, byteOffset, length);
}
