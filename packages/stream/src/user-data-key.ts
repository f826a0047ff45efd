import type { UserData } from "./sei-feed.ts";

/** A key of the UUID and the payload: equal for equal messages. It identifies messages that carry no id. */
export function userDataKey({ uuid, payload }: UserData): string {
  return `${hashOf(uuid)} ${hashOf(payload)}`;
}

/** The length and two 32-bit multiplicative hashes. No more than some thousand keys are compared at a time. */
function hashOf(bytes: Uint8Array): string {
  let a = 0x811c9dc5;
  let b = 0x9e3779b9;
  for (const byte of bytes) {
    a = Math.imul(a ^ byte, 0x01000193);
    b = Math.imul(b ^ byte, 0x85ebca6b);
    b ^= b >>> 13;
  }
  return `${bytes.length}.${(a >>> 0).toString(36)}.${(b >>> 0).toString(36)}`;
}
