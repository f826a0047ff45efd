/**
 * A key of the bytes: their length and two 32-bit multiplicative hashes. For payloads without ids, of which a few
 * thousand at most are compared at a time.
 */
export function payloadHash(bytes: Uint8Array): string {
  let a = 0x811c9dc5;
  let b = 0x9e3779b9;
  for (const byte of bytes) {
    a = Math.imul(a ^ byte, 0x01000193);
    b = Math.imul(b ^ byte, 0x85ebca6b);
    b ^= b >>> 13;
  }
  return `${bytes.length}.${(a >>> 0).toString(36)}.${(b >>> 0).toString(36)}`;
}
