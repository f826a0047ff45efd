import { envelopeMark, envelopeVersion } from "./envelope.ts";
import type { Profile } from "./profile.ts";

/**
 * How well a payload fits a profile: 0 when its UUID is another, else more for a better fit. Of several profiles under
 * one UUID the one that fits best reads the payload: envelopes and JSON are told by how they begin, bytes are the rest.
 */
export function profileFit(profile: Profile, uuid: Uint8Array, payload: Uint8Array): 0 | 1 | 2 | 3 {
  if (!equalBytes(profile.uuid, uuid) && !profile.alsoReads?.some((other) => equalBytes(other, uuid))) return 0;
  if (profile.encoding === "raw") return 2;
  const [first, second] = payload;
  // Bytes of somebody else may begin with the mark: an envelope of a version that is not known is rather such bytes.
  const fits = profile.encoding === "envelope" ? first === envelopeMark && second === envelopeVersion : first === 0x7b;
  return fits ? 3 : 1;
}

/**
 * The value of a payload of a profile without envelopes: what its `decode` makes of it, or else its bytes, copied.
 *
 * @throws WireError `bad-payload` where the profile says JSON, for anything but an object in UTF-8 JSON, for one that is
 * nested more than 32 deep, and for the key `__proto__`.
 */
export function decodePayload(profile: Profile, payload: Uint8Array): unknown {
  return profile.decode === undefined ? Uint8Array.from(payload) : profile.decode(profile, payload);
}

function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}
