import { decodeJson } from "./decode-json.ts";
import { ivs } from "./ivs-profile.ts";
import type { Profile } from "./profile.ts";

/** b16d7d56-892e-419c-8d82-e069cd3aa5c1, which earlier versions of that system wrote. */
const earlierUuid = [0xb1, 0x6d, 0x7d, 0x56, 0x89, 0x2e, 0x41, 0x9c, 0x8d, 0x82, 0xe0, 0x69, 0xcd, 0x3a, 0xa5, 0xc1];

/**
 * The messages of the Python system stages_sei: JSON objects with a `timestamp` in seconds, under the UUID of Amazon IVS,
 * with its limits. An object is sent with the time of publishing as its `timestamp` unless it has one, a string as
 * `{ text, timestamp, type: "text_content" }`; objects are what a subscriber gets, from both UUIDs of that system.
 *
 * Its own subscriber tells copies by `timestamp`. Nothing is truncated: see `fitText`.
 */
export function stagesSei(): Profile {
  const alsoReads = [Uint8Array.from(earlierUuid)];
  return { ...ivs(), name: "stagesSei", encoding: "stages-sei", decode: decodeJson, alsoReads };
}
