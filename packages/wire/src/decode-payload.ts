import { isEnvelope } from "./decode-envelope.ts";
import { maxDepth } from "./messagepack-value.ts";
import type { Profile } from "./profile.ts";
import { WireError } from "./wire-error.ts";

/** The most bytes of JSON that are read: its writers may exceed their own limits. */
const maxJsonBytes = 65_536;

/**
 * How well a payload fits a profile: 0 when its UUID is another, else more for a better fit. Of several profiles under
 * one UUID the one that fits best reads the payload: envelopes and JSON are told by how they begin, bytes are the rest.
 */
export function profileFit(profile: Profile, uuid: Uint8Array, payload: Uint8Array): 0 | 1 | 2 | 3 {
  if (!equalBytes(profile.uuid, uuid) && !profile.alsoReads?.some((other) => equalBytes(other, uuid))) return 0;
  if (profile.encoding === "raw") return 2;
  const isLike = profile.encoding === "envelope" ? isEnvelope(payload) : payload[0] === 0x7b;
  return isLike ? 3 : 1;
}

/**
 * The value of a payload of a profile without envelopes: its bytes, copied, for `raw`, else the object that its JSON is.
 * Zeros behind the JSON are left out: writers in C send the one that ends their string, as FFmpeg's h264_metadata does.
 *
 * @throws WireError `bad-payload` for anything but an object in UTF-8 JSON, where the profile says JSON, for one that is
 * nested more than 32 deep, and for the key `__proto__`.
 */
export function decodePayload(profile: Profile, payload: Uint8Array): unknown {
  if (profile.encoding === "raw") return Uint8Array.from(payload);
  if (payload.length > maxJsonBytes) throw bad(profile, `${payload.length} bytes`);
  let value: unknown;
  let end = payload.length;
  while (payload[end - 1] === 0) end -= 1;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(payload.subarray(0, end)));
  } catch (cause) {
    throw bad(profile, "no UTF-8 JSON", cause);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw bad(profile, "JSON, but no object");
  const fault = findFault(value, 0);
  if (fault !== undefined) throw bad(profile, fault);
  return value;
}

/** What a value of MessagePack is refused for too. */
function findFault(value: unknown, depth: number): string | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  if (depth === maxDepth) return `JSON more than ${maxDepth} deep`;
  // It would set the prototype of an object that the value is copied to.
  if (Object.hasOwn(value, "__proto__")) return "JSON with the key __proto__";
  for (const member of Object.values(value)) {
    const fault = findFault(member, depth + 1);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}

function bad(profile: Profile, what: string, cause?: unknown): WireError {
  return new WireError("bad-payload", `Bad payload of profile ${profile.name}: ${what}`, { cause });
}
