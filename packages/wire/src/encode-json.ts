import { checkValue } from "./check-value.ts";

/**
 * A value as UTF-8 JSON.
 *
 * @throws TypeError that names what cannot be carried: what `encodeValue` refuses, bigints and bytes.
 */
export function encodeJson(value: unknown): Uint8Array<ArrayBuffer> {
  checkValue(value);
  const text = JSON.stringify(value, (key, member: unknown) => {
    if (typeof member !== "bigint" && !(member instanceof Uint8Array)) return member;
    const what = typeof member === "bigint" ? "a bigint" : "a Uint8Array";
    throw new TypeError(
      `value${key === "" ? "" : `, member ${JSON.stringify(key)}`}: ${what} cannot be carried as JSON`,
    );
  });
  return new TextEncoder().encode(text);
}
