import { maxDepth } from "./messagepack-value.ts";
import type { Profile } from "./profile.ts";
import { WireError } from "./wire-error.ts";

/** The most bytes of JSON that are read: its writers may exceed their own limits. */
const maxJsonBytes = 65_536;

/**
 * The object that the JSON of a payload is. Zeros behind it are left out: writers in C send the one that ends their
 * string, as FFmpeg's h264_metadata does.
 *
 * @throws WireError `bad-payload` for anything but an object in UTF-8 JSON, for one that is nested more than 32 deep, and
 * for the key `__proto__`.
 */
export function decodeJson(profile: Profile, payload: Uint8Array): object {
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

function bad(profile: Profile, what: string, cause?: unknown): WireError {
  return new WireError("bad-payload", `Bad payload of profile ${profile.name}: ${what}`, { cause });
}
