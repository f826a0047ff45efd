import { plainValue } from "./plain-value.ts";

/**
 * A value as UTF-8 JSON.
 *
 * @throws TypeError that names the path of the first value that cannot be carried: what `encodeValue` refuses, bigints
 * and bytes; WireError `payload-too-large` for more than 1 MiB.
 */
export function encodeJson(value: unknown): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(JSON.stringify(plainValue(value, "json")));
}
