import { createHmac, timingSafeEqual } from "node:crypto";

/** RFC 5389 6 and 15. */
const headerBytes = 20;
const messageIntegrity = 0x0008;
const integrityBytes = 20;
const userName = 0x0006;

/**
 * Whether a STUN request was made by someone who knows the ICE password of its receiver: MESSAGE-INTEGRITY with the
 * short-term credential (RFC 8445 7.3, RFC 5389 10.1.2). `passwordOf` gives the password of a username fragment of ours.
 */
export function isAuthenticStunRequest(
  message: Buffer,
  passwordOf: (usernameFragment: string) => string | undefined,
): boolean {
  let password: string | undefined;
  for (let at = headerBytes; at + 4 <= message.length; ) {
    const type = message.readUInt16BE(at);
    const length = message.readUInt16BE(at + 2);
    const value = message.subarray(at + 4, at + 4 + length);
    if (value.length !== length) return false;
    if (type === userName) password = passwordOf(value.toString("utf8").split(":", 1)[0] ?? "");
    if (type === messageIntegrity) {
      return (
        password !== undefined && length === integrityBytes && timingSafeEqual(digest(message, at, password), value)
      );
    }
    at += 4 + length + (-length & 3);
  }
  return false;
}

/** HMAC-SHA1 over what precedes the attribute, with the length as if the message ended behind it (RFC 5389 15.4). */
function digest(message: Buffer, end: number, password: string): Buffer {
  const header = Buffer.from(message.subarray(0, headerBytes));
  header.writeUInt16BE(end - headerBytes + 4 + integrityBytes, 2);
  return createHmac("sha1", password).update(header).update(message.subarray(headerBytes, end)).digest();
}
