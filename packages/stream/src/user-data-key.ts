import type { UserData } from "./sei-feed.ts";

/** A key of the UUID and the payload: equal for equal messages. It identifies messages that carry no id. */
export function userDataKey({ uuid, payload }: UserData): string {
  // The length and two 32-bit multiplicative hashes: only some thousand keys are compared at a time.
  let a = 0x811c9dc5;
  let b = 0x9e3779b9;
  for (const byte of payload) {
    a = Math.imul(a ^ byte, 0x01000193);
    b = Math.imul(b ^ byte, 0x85ebca6b);
    b ^= b >>> 13;
  }
  return `${uuid} ${payload.length} ${a} ${b}`;
}
