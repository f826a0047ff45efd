const hex: readonly string[] = /* @__PURE__ */ Array.from({ length: 256 }, (_, byte) =>
  byte.toString(16).padStart(2, "0"),
);

/** The text of a UUID, in lower case with hyphens. RFC 9562 4. Takes the first 16 bytes, which the caller has checked. */
export function formatUuid(bytes: Uint8Array): string {
  let text = "";
  for (let index = 0; index < 16; index += 1) {
    if (index === 4 || index === 6 || index === 8 || index === 10) text += "-";
    text += hex[bytes[index] as number];
  }
  return text;
}

/**
 * The 16 bytes of a UUID, in a fresh buffer. RFC 9562 4.
 *
 * @throws TypeError for text that is not a UUID.
 */
export function parseUuid(text: string): Uint8Array<ArrayBuffer> {
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text)) {
    throw new TypeError(`uuid: expected 32 hexadecimal digits in groups of 8, 4, 4, 4 and 12, got ${text}`);
  }
  return Uint8Array.from(text.replaceAll("-", "").match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
}
