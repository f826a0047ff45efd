import { Packr } from "msgpackr/pack";
import { checkValue } from "./check-value.ts";

const packr = /* @__PURE__ */ new Packr({ useRecords: false, variableMapSize: true });

/**
 * A value as core MessagePack. The bytes are a view into a buffer of the packer.
 *
 * @throws TypeError that names the path of the first value that cannot be carried.
 */
export function encodeValue(value: unknown): Uint8Array {
  checkValue(value);
  const { buffer, byteOffset, length } = packr.pack(value);
  return new Uint8Array(buffer, byteOffset, length);
}
